import { readFileSync, writeFileSync } from 'node:fs';
import { Installation } from '../installation';

/** Why the memory of processes cannot be measured here; undefined when it can. */
export function whyNoMeasurement(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  return process.env.NCR_E2E_URL ? 'looks into the process of the suite' : undefined;
}

/** Resident memory of an installation's own processes, without PostgreSQL's, in bytes. The kernel keeps the peak: no moment is missed. */
export class ResidentMemory {
  private readonly pids: readonly number[];

  constructor(installation: Installation) {
    this.pids = installation.processes.filter((pid) => field(pid, 'Name') !== 'postgres');
  }

  get now(): number {
    return this.sum('VmRSS');
  }

  /** The most since {@link forgetPeak}, as if all processes had had it at the same moment. */
  get peak(): number {
    return this.sum('VmHWM');
  }

  forgetPeak(): void {
    // man 5 proc, /proc/pid/clear_refs: 5 resets the peak to what there is.
    for (const pid of this.pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  }

  private sum(name: string): number {
    return this.pids.reduce((sum, pid) => sum + parseInt(field(pid, name), 10) * 1024, 0);
  }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed()} MiB`;
}

function field(pid: number, name: string): string {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
}
