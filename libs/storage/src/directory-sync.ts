import { FileSystem } from './file-system';

/**
 * Makes new directory entries durable. One fsync of a directory serves everybody who asked before it began; who asks
 * while it runs waits for the next one.
 */
export class DirectorySync {
  private readonly running = new Map<string, Promise<void>>();
  private readonly next = new Map<string, Promise<void>>();

  constructor(private readonly files: FileSystem) {}

  /** Resolves when every entry made in the folder before this call survives a power cut. */
  sync(folder: string): Promise<void> {
    const running = this.running.get(folder);
    if (!running) return this.begin(folder);
    const waiting = this.next.get(folder);
    if (waiting) return waiting;
    const next = running
      .catch(() => {}) // the others' failure; ours is to come
      .then(() => {
        this.next.delete(folder);
        return this.begin(folder);
      });
    this.next.set(folder, next);
    return next;
  }

  private begin(folder: string): Promise<void> {
    const run = this.fsync(folder).finally(() => {
      if (this.running.get(folder) === run) this.running.delete(folder);
    });
    this.running.set(folder, run);
    return run;
  }

  private async fsync(folder: string): Promise<void> {
    const file = await this.files.open(folder, 'r');
    try {
      await this.files.fsync(file);
    } finally {
      await this.files.close(file);
    }
  }
}
