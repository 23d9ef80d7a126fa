import type { IncomingHttpHeaders } from 'node:http';

/**
 * What a client may tell a service. Everything else goes: addresses and identities that a proxy or we ourselves would
 * vouch for must not come from outside (AC-75), whatever spelling somebody finds for them. `authorization` and `cookie`
 * are decided on apart.
 */
const allowed = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'last-event-id',
  'origin',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'user-agent',
  'x-csrf-token',
]);

/** Deletes all others. */
export function stripHeaders(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers)) if (!allowed.has(name)) delete headers[name];
}
