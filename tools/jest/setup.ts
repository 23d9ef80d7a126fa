import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningPostgres, startPostgres } from '../../libs/embedded/src/postgres';

declare global {
  /** Ends what the set-up of this run began. */
  var endTestServers: (() => Promise<void>) | undefined;
}

/** One PostgreSQL for all workers of a run, owned by Jest's parent process and started by the first request. */
export default async function setup(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ncr-jest-'));
  const socket = join(folder, 'postgres.sock');
  let started: Promise<RunningPostgres> | undefined;
  const server = createServer((_, answer) => {
    started ??= start();
    started.then(
      ({ url }) => answer.end(url),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  server.unref();
  process.env.NCR_TEST_POSTGRES = socket;
  const forget = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', forget);
  globalThis.endTestServers = async () => {
    await closed(server);
    await started?.then((postgres) => postgres.stop());
    forget();
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

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
