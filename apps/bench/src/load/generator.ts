import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Measurement } from './closed-loop';
import type { Job } from './jobs';

type Reply = { measurement: Measurement } | { failure: string };

/** The parent's end of the load generator process (see `load/main.ts`). */
export class Generator {
  private readonly child: ChildProcess = fork(join(__dirname, 'main.js'), { serialization: 'advanced' });

  /** Runs one job, and only one at a time; rejects when it could not be run at all. */
  run(job: Job): Promise<Measurement> {
    return new Promise((resolve, reject) => {
      const died = (): void => reject(new Error('the load generator died'));
      this.child.once('exit', died);
      this.child.once('message', (reply: Reply) => {
        this.child.off('exit', died);
        if ('measurement' in reply) resolve(reply.measurement);
        else reject(new Error(`the load generator failed: ${reply.failure}`));
      });
      this.child.send(job);
    });
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }
}
