import { randomBytes } from 'node:crypto';
import { IncomingMessage } from 'node:http';

const ids = new WeakMap<IncomingMessage, string>();
/** Of this process; a number per request follows, since random bytes for each cost more than many requests. */
const start = randomBytes(6).toString('base64url');
let count = 0;

/** The id under which the log knows the request; made here, never taken from the client. */
export function requestIdOf(request: IncomingMessage): string {
  let id = ids.get(request);
  if (id === undefined) ids.set(request, (id = `${start}-${(count++).toString(36)}`));
  return id;
}
