import { mkdtemp, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Handler } from './listener';
import { markInternal } from './internal-requests';
import { MainParts, observe } from './main-listener';

/** Longest path that a socket address holds on every platform. */
const longestSocketPath = 100;

/** What reaches Nest through the internal listener may call internal routes, and nothing else. */
export function internalHandler(parts: Pick<MainParts, 'metrics' | 'log' | 'nest'>): Handler {
  return (request, response) => {
    markInternal(request);
    observe(parts, 'internal', request, response);
    parts.nest(request, response);
  };
}

/** A socket file that only its owner can reach, and what removes the folder that was made for it alone. */
export interface SocketFile {
  readonly path: string;
  remove(): Promise<void>;
}

/** Chooses a path under `<data>/run`, or in a new folder for temporary files when that is longer than a socket's may be. */
export async function socketFile(dataFolder: string): Promise<SocketFile> {
  const folder = join(dataFolder, 'run');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeStale(folder);
  const path = join(folder, `internal-${process.pid}-${nextNumber()}.sock`);
  const shorter = relative(process.cwd(), path);
  const candidate = [path, shorter].sort((a, b) => a.length - b.length)[0];
  if (Buffer.byteLength(candidate) <= longestSocketPath) return { path: candidate, remove: () => Promise.resolve() };
  const own = await mkdtemp(join(tmpdir(), 'ncr-'));
  return { path: join(own, 'internal.sock'), remove: () => rm(own, { recursive: true, force: true }) };
}

let last = 0;
const nextNumber = (): number => ++last;

/** Sockets of processes that were killed. */
async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(/^internal-(\d+)-\d+\.sock$/.exec(name)?.[1]);
    if (pid > 0 && pid !== process.pid && !isAlive(pid)) await rm(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
