import { createServer } from 'node:net';

/** How many ports after the wanted one are tried. */
const tries = 100;

/** The port to use: exactly the one that was asked for, or from 8080 on the next that is free. Throws when it is taken. */
export async function choosePort(host: string, asked: string | undefined): Promise<number> {
  if (asked !== undefined) {
    const port = await probe(host, Number(asked));
    if (port === undefined) throw new Error(`NCR_PORT: port ${asked} is taken`);
    return port;
  }
  for (let port = 8080; port < 8080 + tries; port++) {
    if ((await probe(host, port)) !== undefined) return port;
  }
  throw new Error(`no free port from 8080 to ${8080 + tries - 1}: set NCR_PORT`);
}

/** Binds without sharing, so that a port which another installation shares among its workers counts as taken. */
function probe(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
