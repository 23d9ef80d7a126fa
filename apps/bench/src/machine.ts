import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

/** Where and on what a run took place. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
  /** The revision of the checkout, with `+changes` when files differ from it. */
  revision: string;
  /** Runnable processes on average in the minute before: above 0.5 something else was running. */
  loadBefore: number;
}

/** Takes the folder of the checkout. */
export function describeMachine(root: string): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    revision: revision(root),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

function revision(root: string): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+changes' : '')
    );
  } catch {
    return 'unknown';
  }
}

const fill = `const held = [];
for (let left = Number(process.argv[1]); left > 0; left -= 0.25) held.push(Buffer.alloc(2 ** 28, 1));`;

/**
 * Writes to so many GiB of memory once and gives them back. A virtual machine gets its pages from the host at the first write,
 * which makes the first gigabytes of page cache ten times slower than all that follow.
 */
export async function touchMemory(gibibytes: number): Promise<void> {
  if (gibibytes > 0) await promisify(execFile)(process.execPath, ['-e', fill, String(gibibytes)]);
}

/** Half of the memory that is free, at most 8 GiB, in GiB. */
export function memoryToTouch(): number {
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0);
  return Math.min(8, Math.floor(available / 2 ** 21));
}

/** Has the disk written what waits for it, so that the writeback of one run is not the load of the next. */
export async function syncDisk(folder: string): Promise<void> {
  await promisify(execFile)('sync', ['-f', folder]);
}
