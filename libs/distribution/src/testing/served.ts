import { once } from 'node:events';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { Registry } from '@ncr/oci';
import { Access, Authorize, ServeOptions, serveRegistry } from '../server/serve-registry';

/** A registry that listens on this machine. */
export interface Served {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  close(): void;
}

/** Serves a registry, to everybody or to whom `authorize` lets in, until `close`. */
export async function served(registry: Registry | Authorize, options: ServeOptions = {}): Promise<Served> {
  const authorize = typeof registry === 'function' ? registry : (): Access => ({ registry });
  const listener = serveRegistry(authorize, options);
  const server = createServer({ requestTimeout: 0 }, listener).on('checkContinue', listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, port, server, close };
}
