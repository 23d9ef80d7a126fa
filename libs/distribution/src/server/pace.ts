/**
 * The slowest a client may be: in any window of that many milliseconds at least that many bytes must move. Slower ones
 * (and those that stopped) would hold connections and memory for ever (AC-48).
 */
export interface Pace {
  readonly window: number;
  readonly bytes: number;
}

/** A pause of a minute at most, and no less than 16 KiB in 30 s. */
export const usualPace: Pace = { window: 60_000, bytes: 32 * 1024 };

/** How often in a window it is looked whether anything moved. */
export const ticksPerWindow = 12;

/** Watches that a sender keeps its pace. Time in which we ourselves hold it back does not count. */
export class PaceWatch {
  /** Bytes of the last ticks, one window at most. */
  private readonly recent: number[] = [];
  private moved = 0;
  private held = false;
  private readonly timer: NodeJS.Timeout;

  /** Calls `onStall` once when the sender falls behind. {@link stop} must be called at the end. */
  constructor(
    private readonly pace: Pace,
    private readonly onStall: () => void,
  ) {
    this.timer = setInterval(() => this.tick(), pace.window / ticksPerWindow).unref();
  }

  count(bytes: number): void {
    this.moved += bytes;
  }

  hold(held: boolean): void {
    this.held = held;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    if (this.held) return;
    this.recent.push(this.moved);
    this.moved = 0;
    if (this.recent.length < ticksPerWindow) return;
    if (this.recent.reduce((sum, bytes) => sum + bytes) < this.pace.bytes) {
      this.stop();
      this.onStall();
    }
    this.recent.shift();
  }
}

/** How long a receiver may take for so many bytes, in milliseconds. */
export function patience(pace: Pace, bytes: number): number {
  return Math.max(1, bytes / pace.bytes) * pace.window;
}
