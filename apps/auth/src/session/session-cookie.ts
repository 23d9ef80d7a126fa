import type { IncomingMessage } from 'node:http';
import { sessionCookie } from '@ncr/contracts';
import { originOf } from '@ncr/platform';
import { longest } from './sessions';

/**
 * The `Set-Cookie` for a new session, or the one that takes the cookie away. Scripts cannot read it, other sites cannot
 * send it, and where the client came by https it never travels without.
 */
export function setSessionCookie(request: IncomingMessage, value: string | undefined): string {
  const secure = originOf(request).startsWith('https:') ? '; Secure' : '';
  const age = value === undefined ? 0 : longest.seconds;
  return `${sessionCookie}=${value ?? ''}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`;
}
