import { Consumer, Outcome } from './consumer';
import { partitions } from './outbox';
import { Pulse } from './pulse';

/** What happened to a message, for metrics and the log. */
export interface DeliveryReport {
  readonly consumer: string;
  readonly outcome: Exclude<Outcome, 'nothing'>;
  readonly seconds: number;
  readonly error?: unknown;
}

/** Partitions that one consumer works on at once; each takes a database connection. */
const lanes = 2;
/** Messages of a partition in one go, before others get their turn. */
const turn = 100;

/** Runs one consumer in this process: looks for what is due, works on a few partitions at once. */
export class Reader {
  private readonly pulse: Pulse;
  private readonly busy = new Map<number, Promise<void>>();
  private first = 0;
  private stopping = false;

  constructor(
    private readonly consumer: Consumer,
    private readonly report: (delivery: DeliveryReport) => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.pulse = new Pulse(() => this.look(), { period: 1000, gap: 5 }, failed);
  }

  start(): void {
    this.pulse.start();
  }

  wake(): void {
    this.pulse.wake();
  }

  /** Resolves when the handlers under way have ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.pulse.stop();
    await Promise.all(this.busy.values());
  }

  /** Never waits for a handler: while one is slow, the others lanes go on taking what becomes due. */
  private async look(): Promise<void> {
    if (this.busy.size >= lanes) return;
    const due = await this.consumer.due();
    const distance = (partition: number) => (partition - this.first + partitions) % partitions;
    for (const partition of due.sort((a, b) => distance(a) - distance(b))) {
      if (this.busy.size >= lanes || this.stopping) return;
      if (this.busy.has(partition)) continue;
      this.first = partition + 1;
      this.busy.set(partition, this.work(partition));
    }
  }

  private async work(partition: number): Promise<void> {
    try {
      for (let n = 0; n < turn && !this.stopping; n++) {
        const begin = performance.now();
        const { outcome, error } = await this.consumer.deliver(partition);
        if (outcome === 'nothing') return;
        const seconds = (performance.now() - begin) / 1000;
        this.report({ consumer: this.consumer.name, outcome, seconds, ...(error !== undefined && { error }) });
        if (outcome === 'failed') return;
      }
    } catch (error) {
      this.failed(error);
    } finally {
      this.busy.delete(partition);
      this.pulse.wake();
    }
  }
}
