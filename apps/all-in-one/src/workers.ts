import { ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between a worker's death and its successor's start. */
const pause = 1000;
/** Milliseconds that a worker has beyond its own drain time. */
const patience = 5000;

/** The processes that share the port. One that dies is replaced. */
export class Workers {
  private readonly children = new Set<ChildProcess>();
  private stopping = false;

  constructor(
    private readonly count: number,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly drainMs: number,
  ) {}

  /** Resolves when all of them take requests; rejects when one ends before it did. */
  async start(): Promise<void> {
    // The first one alone: it migrates the database and creates the first account.
    for (let number = 1; number <= this.count; number++) await this.launch(number);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const all = [...this.children];
    for (const child of all) child.kill('SIGTERM');
    const gone = Promise.all(all.map((child) => once(child, 'exit')));
    await Promise.race([gone, sleep(this.drainMs + patience, undefined, { ref: false })]);
    for (const child of all) child.kill('SIGKILL');
  }

  private async launch(number: number): Promise<void> {
    const child = fork(join(__dirname, 'worker.js'), { env: { ...this.environment, NCR_WORKER: String(number) } });
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    const ready = once(child, 'message');
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`worker ${number} ended with ${signal ?? `exit code ${code}`} before it was ready`);
    });
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    child.once('exit', (code, signal) => void this.replace(number, signal ?? `exit code ${code}`));
  }

  private async replace(number: number, end: string): Promise<void> {
    while (!this.stopping) {
      console.error(`worker ${number} ended with ${end}, starting another`);
      await sleep(pause);
      if (
        await this.launch(number).then(
          () => true,
          () => false,
        )
      )
        return;
    }
  }
}
