import { connect, Socket } from 'node:net';
import { Served } from './served';

/** A connection to a served registry, for requests that no HTTP client would send. */
export function connection({ port }: Served): Socket {
  return connect(port, '127.0.0.1');
}

/** Everything that arrives until the connection is closed, with `[reset]` at the end where that was the hard way. */
export async function answerOf(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('error', () => pieces.push(Buffer.from('[reset]')));
  socket.on('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
  return promise;
}
