import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningPostgres, startPostgres } from '../../libs/embedded/src/postgres';

declare global {
  /** Ends what the set-up of this run began. */
  var endTestServers: (() => Promise<void>) | undefined;
}

/**
 * One PostgreSQL for all workers of a run, owned by Jest's parent process and started by the first request. It is asked for over
 * loopback, under a secret path, so that a killed run leaves no file behind.
 */
export default async function setup(): Promise<void> {
  const path = `/${randomBytes(16).toString('hex')}`;
  let started: Promise<RunningPostgres> | undefined;
  const server = createServer((request, answer) => {
    // A worker's next suite would send on a connection that is just being closed for idleness.
    answer.setHeader('Connection', 'close');
    if (request.url !== path) {
      answer.writeHead(404).end();
      return;
    }
    started ??= start();
    started.then(
      ({ url }) => answer.end(url),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  process.env.NCR_TEST_POSTGRES = `http://127.0.0.1:${port}${path}`;
  globalThis.endTestServers = async () => {
    server.closeAllConnections();
    server.close();
    await started?.then((postgres) => postgres.stop());
  };
}

/** Root's PostgreSQL runs as another user, who must be able to enter the folder; a private TMPDIR would not let it. */
async function start(): Promise<RunningPostgres> {
  const base = process.getuid?.() === 0 ? '/var/tmp' : tmpdir();
  const dataDir = await mkdtemp(join(base, 'ncr-postgres-'));
  try {
    return await startPostgres({ dataDir, mode: 'test' });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}
