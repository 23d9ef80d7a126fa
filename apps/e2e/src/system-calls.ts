import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGone } from './process-tree';

/** Why no system calls can be intercepted here; undefined when they can. */
export function whyNoInterception(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  const { error, status, stderr } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error) return 'needs strace';
  return status === 0 ? undefined : `strace is not allowed here: ${stderr.trim()}`;
}

/** The system calls that are watched in every thread; the others in the main thread alone, where each is counted. */
const ofAllThreads = ['openat', 'fdatasync', 'fsync'];

/** Milliseconds that strace has for letting go of a process. */
const patience = 2000;

/** Kills a process just before it makes a system call for the n-th time since now, as counted per thread. */
export class Strike {
  private constructor(
    private readonly strace: ChildProcess,
    private readonly pid: number,
  ) {}

  /** Resolves when the process is being watched. */
  static async at(pid: number, call: string, n: number): Promise<Strike> {
    const threads = ofAllThreads.includes(call) ? ['-f'] : [];
    const what = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${n}`];
    const strace = spawn('strace', [...threads, '-p', String(pid), '-o', '/dev/null', ...what], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    const attached = Promise.withResolvers<void>();
    strace.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/attached/.test(said)) attached.resolve();
    });
    strace.once('error', attached.reject);
    strace.once('exit', () => attached.reject(new Error(`strace ended: ${said}`)));
    await attached.promise;
    return new Strike(strace, pid);
  }

  /** Stops watching; gives whether it struck. */
  async end(): Promise<boolean> {
    if (this.strace.exitCode === null && this.strace.signalCode === null) {
      const gone = once(this.strace, 'exit');
      this.strace.kill('SIGTERM');
      // It may wait for ever for a thread of the process that it has just killed.
      const killed = sleep(patience, undefined, { ref: false }).then(() => this.strace.kill('SIGKILL'));
      await Promise.race([gone, killed.then(() => gone)]);
    }
    return isGone(this.pid);
  }
}

/** The process among these that runs the named program file. */
export function processOf(pids: readonly number[], program: string): number {
  const found = pids.find((pid) => commandLine(pid).some((part) => part.endsWith(`/${program}`)));
  if (found === undefined) throw new Error(`no process runs ${program}`);
  return found;
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it ended in between
  }
}
