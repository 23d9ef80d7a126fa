/** Runs work again and again: when woken and at least once per period, never twice at a time. */
export class Pulse {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private soon = false;
  private stopped = true;

  /** `period` and `gap`, the shortest pause between two runs, in milliseconds. What `work` throws goes to `failed`. */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly timing: { readonly period: number; readonly gap: number },
    private readonly failed: (error: unknown) => void,
  ) {}

  start(): void {
    this.stopped = false;
    this.run();
  }

  /** Soon, and if a run is under way, once more after it: what was there before the call is seen by a run after it. */
  wake(): void {
    if (this.stopped) return;
    if (this.running) this.again = true;
    else if (!this.soon) this.schedule(this.timing.gap, true);
  }

  /** Resolves when the run under way has ended; none follows. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delay: number, soon: boolean): void {
    this.soon = soon;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), delay);
    this.timer.unref();
  }

  private run(): void {
    this.again = false;
    this.soon = false;
    this.running = this.work()
      .catch(this.failed)
      .finally(() => {
        this.running = undefined;
        if (!this.stopped) this.schedule(this.again ? this.timing.gap : this.timing.period, this.again);
      });
  }
}
