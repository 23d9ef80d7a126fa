import type { ServerResponse } from 'node:http';

/** Answers that are data: nothing in them is ever shown, run or framed. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";
/** Our own pages: no scripts, and styles from this origin only. */
const pagePolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** The API's documentation page brings its own scripts, and style attributes. */
const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Sets what SR-11 asks of every answer that is not the data plane's. `origin` is the one the client used. */
export function setSecurityHeaders(response: ServerResponse, path: string, origin: string): void {
  const isPage = path === '/' || path.startsWith('/assets/');
  const isDocs = path === '/api/docs' || path.startsWith('/api/docs/');
  response.setHeader('Content-Security-Policy', isPage ? pagePolicy : isDocs ? docsPolicy : dataPolicy);
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Vary', 'Authorization, Cookie, Origin');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  if (origin.startsWith('https:')) response.setHeader('Strict-Transport-Security', 'max-age=31536000');
}
