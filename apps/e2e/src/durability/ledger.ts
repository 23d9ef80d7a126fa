import { firstAnomaly, RegisterOperation } from './register';

/** Something pushed, as its pusher knows it. */
export interface Pushed {
  readonly repository: string;
  readonly digest: string;
  readonly size: number;
  /** Of a manifest: what it names, too. */
  readonly blobs: readonly string[];
  /** The round of the run, from one start of the suite to its end, in which it was pushed. */
  readonly round: number;
  /** False while, or because, no answer came: it may be there or not. */
  acknowledged: boolean;
}

export interface PushedManifest extends Pushed {
  readonly bytes: Buffer;
}

/** What is known before the request that may put it there. */
type Coming<T extends Pushed> = Omit<T, 'round' | 'acknowledged'>;
type Writable<T> = { -readonly [Field in keyof T]: T[Field] };
type Running = Writable<RegisterOperation>;

/** An operation that something else than its answer or the suite's death brought to its end. */
export class Surprise extends Error {
  override readonly name = 'Surprise';
}

/** The suite was killed while it worked on this: nobody knows what became of it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Lines of the history that are shown with a surprise. */
const shown = 40;

/** What all clients did, what they were promised, and what they saw. */
export class Ledger {
  round = 0;
  /** True from the moment at which the suite is being killed until it runs again. */
  dying = false;
  readonly surprises: Surprise[] = [];
  readonly blobs: Pushed[] = [];
  readonly manifests: PushedManifest[] = [];
  private readonly tags = new Map<string, { initial: string | undefined; operations: Running[] }>();
  private readonly history: string[] = [];

  /** Tags that somebody wrote or read, as `<repository>:<tag>`. */
  get tagNames(): string[] {
    return [...this.tags.keys()];
  }

  note(client: number, what: string): void {
    this.history.push(`${performance.now().toFixed(1)} round ${this.round} client ${client}: ${what}`);
    if (this.history.length > 5000) this.history.splice(0, 4000);
  }

  pushingBlob(blob: Coming<Pushed>): Pushed {
    const pushed = { ...blob, round: this.round, acknowledged: false };
    this.blobs.push(pushed);
    return pushed;
  }

  pushingManifest(manifest: Coming<PushedManifest>): PushedManifest {
    const pushed = { ...manifest, round: this.round, acknowledged: false };
    this.manifests.push(pushed);
    return pushed;
  }

  acknowledgedIn(repository: string): Pushed[] {
    return this.blobs.filter((blob) => blob.acknowledged && blob.repository === repository);
  }

  /** A write or read of a tag begins now; {@link answered} ends it. */
  begin(tag: string, kind: RegisterOperation['kind'], value?: string): Running {
    const operation = { kind, value, began: performance.now(), ended: Infinity, certain: false };
    this.register(tag).operations.push(operation);
    return operation;
  }

  answered(operation: Running, value = operation.value): void {
    Object.assign(operation, { value, ended: performance.now(), certain: true });
  }

  /** Nothing of the suite runs any more: what had no answer until now has happened or never will. */
  everythingEnded(): void {
    const now = performance.now();
    for (const { operations } of this.tags.values()) {
      for (const operation of operations) operation.ended = Math.min(operation.ended, now);
    }
  }

  /** Checks what was done to each tag since the last time, ending with a read of now, and begins anew from there. */
  settle(now: ReadonlyMap<string, string | undefined>): void {
    for (const [tag, { initial, operations }] of this.tags) {
      const read = { kind: 'read' as const, value: now.get(tag), began: Infinity, ended: Infinity, certain: true };
      const useful = operations.filter(({ kind, certain }) => kind === 'write' || certain);
      const anomaly = firstAnomaly(initial, [...useful, read]);
      if (anomaly) this.surprise(-1, `INV-2: no order explains ${describe(tag, initial, [...useful, read], anomaly)}`);
      this.tags.set(tag, { initial: now.get(tag), operations: [] });
    }
  }

  surprise(client: number, what: string): void {
    this.note(client, what);
    this.surprises.push(new Surprise(`${what}\n${this.history.slice(-shown).join('\n')}`));
  }

  private register(tag: string): { initial: string | undefined; operations: Running[] } {
    const known = this.tags.get(tag) ?? { initial: undefined, operations: [] };
    this.tags.set(tag, known);
    return known;
  }
}

function describe(
  tag: string,
  initial: string | undefined,
  operations: readonly RegisterOperation[],
  anomaly: RegisterOperation,
): string {
  const short = (value: string | undefined): string => value?.slice(7, 15) ?? 'nothing';
  const lines = operations
    .filter(({ ended }) => ended >= anomaly.began - 1000 || ended === Infinity)
    .map((one) => {
      const mark = one === anomaly ? ' <-- this' : '';
      const time = `${one.began.toFixed(1)} to ${one.ended.toFixed(1)}`;
      return `  ${time} ${one.kind} ${short(one.value)}${one.certain ? '' : ' (no answer)'}${mark}`;
    });
  return `${tag}, at first ${short(initial)}:\n${lines.join('\n')}`;
}
