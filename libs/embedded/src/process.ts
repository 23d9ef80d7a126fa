import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const hasProc = existsSync('/proc/self/stat');

/** When a process began, in the system's own words: tells it from a later one with the same id. Undefined when it is gone. */
export function startOf(pid: number): string | undefined {
  return hasProc ? procStart(pid) : ask(pid, 'lstart=');
}

/** The command line; undefined when the process is gone. */
export function commandOf(pid: number): string | undefined {
  return hasProc ? proc(pid, 'cmdline')?.replaceAll('\0', ' ') : ask(pid, 'command=');
}

/** proc(5): field 3 is the state, field 22 the start; field 2, the name, may hold spaces and brackets. */
function procStart(pid: number): string | undefined {
  const stat = proc(pid, 'stat');
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

function proc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

function ask(pid: number, column: string): string | undefined {
  const answer = spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return answer === '' ? undefined : answer;
}

/** Signals the process and waits until it is gone; gives false when it is still there after `seconds`. */
export async function end(pid: number, signal: NodeJS.Signals, seconds: number): Promise<boolean> {
  const began = startOf(pid);
  if (began === undefined) return true;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  for (const until = Date.now() + seconds * 1000; startOf(pid) === began; await sleep(10)) {
    if (Date.now() > until) return false;
  }
  return true;
}

/**
 * Waits, `seconds` at most, while the process is dead and keeps its id because its parent has not looked yet: PostgreSQL
 * takes such a one for a living server. Some first processes of a container look every two seconds only.
 */
export async function buried(pid: number, seconds: number): Promise<void> {
  for (const until = Date.now() + seconds * 1000; isZombie(pid) && Date.now() < until;) await sleep(10);
}

function isZombie(pid: number): boolean {
  return proc(pid, 'stat') !== undefined && procStart(pid) === undefined;
}
