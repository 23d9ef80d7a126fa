import { IncomingMessage } from 'node:http';

const internal = new WeakSet<IncomingMessage>();

/** Notes that the request came through the internal listener, which is a fact of the connection and not of any header. */
export function markInternal(request: IncomingMessage): void {
  internal.add(request);
}

export function isInternal(request: IncomingMessage): boolean {
  return internal.has(request);
}
