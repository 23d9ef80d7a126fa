import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in this unit for user space, on every architecture (`man 5 proc`, USER_HZ). */
const ticksPerSecond = 100;

interface Process {
  pid: number;
  parent: number;
  name: string;
  /** Own time and that of children that ended and were waited for. */
  ticks: number;
}

/** Memory of all processes of a tree at one moment, in bytes. */
export interface Memory {
  /** Proportional: pages shared by n processes count 1/n for each, so that shared memory counts once. */
  pss: number;
  /** Resident: shared pages count for every process. */
  rss: number;
}

/** Takes the text of `/proc/<pid>/stat`. The name stands in brackets and may itself hold brackets and blanks. */
export function parseStat(text: string): Process {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0); // utime stime cutime cstime
  return { pid: parseInt(text, 10), parent: Number(fields[1]), name: text.slice(open + 1, close), ticks };
}

/** A file of `/proc`, or undefined when its process ended meanwhile. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/**
 * A server with everything it started: the process `root` and its descendants. Time of descendants that ended stays counted
 * with their parents, so a worker that comes and goes between two looks is not lost.
 */
export class ProcessTree {
  constructor(private readonly root: number) {}

  /** Processor time used so far, user and system, in seconds. */
  cpuSeconds(): number {
    return this.processes().reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
  }

  memory(): Memory {
    const memory: Memory = { pss: 0, rss: 0 };
    for (const { pid } of this.processes()) {
      const rollup = read(`/proc/${pid}/smaps_rollup`) ?? '';
      memory.pss += kilobytes(rollup, 'Pss');
      memory.rss += kilobytes(rollup, 'Rss');
    }
    return memory;
  }

  /** How many processes of which name: the evidence that nothing is missing. */
  names(): Record<string, number> {
    const names: Record<string, number> = {};
    for (const { name } of this.processes()) names[name] = (names[name] ?? 0) + 1;
    return names;
  }

  pids(): number[] {
    return this.processes().map(({ pid }) => pid);
  }

  private processes(): Process[] {
    const children = new Map<number, Process[]>();
    let root: Process | undefined;
    for (const entry of readdirSync('/proc')) {
      const text = /^\d+$/.test(entry) ? read(`/proc/${entry}/stat`) : undefined;
      if (text === undefined) continue;
      const process = parseStat(text);
      if (process.pid === this.root) root = process;
      children.set(process.parent, [...(children.get(process.parent) ?? []), process]);
    }
    const found = root ? [root] : [];
    for (const process of found) found.push(...(children.get(process.pid) ?? []));
    return found;
  }
}

function kilobytes(rollup: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) * 1024;
}
