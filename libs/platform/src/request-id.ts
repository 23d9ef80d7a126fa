import { randomBytes } from 'node:crypto';
import { IncomingMessage } from 'node:http';

const ids = new WeakMap<IncomingMessage, string>();

/** The id under which the log knows the request; made here, never taken from the client. */
export function requestIdOf(request: IncomingMessage): string {
  let id = ids.get(request);
  if (id === undefined) ids.set(request, (id = randomBytes(9).toString('base64url')));
  return id;
}
