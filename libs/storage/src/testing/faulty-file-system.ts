import { FileSystem, nodeFileSystem } from '../file-system';

/** Calls that a fault can hit. */
export type Call = Exclude<keyof FileSystem, 'list'>;

/** Fails the n-th call (from 1) of the named kind, or of any kind; `short` makes a write take half of what it is given. */
export interface Damage {
  readonly call?: Call;
  readonly nth: number;
  readonly code: 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EMFILE' | 'EACCES' | 'short';
}

/** The real file system until the damage strikes, once; counts what it is asked for and what stays open. */
export class FaultyFileSystem implements FileSystem {
  readonly calls: Call[] = [];
  readonly openFiles = new Set<number>();
  /** Set when the damage was done. */
  struck: Call | undefined;

  constructor(
    private readonly damage?: Damage,
    private readonly real: FileSystem = nodeFileSystem,
  ) {}

  async open(path: string, flags: string): Promise<number> {
    this.meet('open');
    const file = await this.real.open(path, flags);
    this.openFiles.add(file);
    return file;
  }

  /** Fails as a system does: the file is closed all the same. */
  async close(file: number): Promise<void> {
    this.openFiles.delete(file);
    await this.real.close(file);
    this.meet('close');
  }

  openSync(path: string): number {
    this.meet('openSync');
    const file = this.real.openSync(path);
    this.openFiles.add(file);
    return file;
  }

  closeSync(file: number): void {
    this.openFiles.delete(file);
    this.real.closeSync(file);
    this.meet('closeSync');
  }

  sizeSync(file: number): number {
    this.meet('sizeSync');
    return this.real.sizeSync(file);
  }

  writeSync(file: number, bytes: Uint8Array, position: number): number {
    const whole = this.meet('writeSync');
    return this.real.writeSync(file, whole ? bytes : bytes.subarray(0, Math.ceil(bytes.length / 2)), position);
  }

  async read(file: number, into: Uint8Array, position: number): Promise<number> {
    const whole = this.meet('read');
    return this.real.read(file, whole ? into : into.subarray(0, Math.ceil(into.length / 2)), position);
  }

  async fdatasync(file: number): Promise<void> {
    this.meet('fdatasync');
    await this.real.fdatasync(file);
  }

  async fsync(file: number): Promise<void> {
    this.meet('fsync');
    await this.real.fsync(file);
  }

  async ftruncate(file: number, size: number): Promise<void> {
    this.meet('ftruncate');
    await this.real.ftruncate(file, size);
  }

  async stat(path: string): Promise<{ readonly size: number; readonly mtime: Date }> {
    this.meet('stat');
    return this.real.stat(path);
  }

  async unlink(path: string): Promise<void> {
    this.meet('unlink');
    await this.real.unlink(path);
  }

  async mkdir(path: string): Promise<void> {
    this.meet('mkdir');
    await this.real.mkdir(path);
  }

  async free(path: string): Promise<number> {
    this.meet('free');
    return this.real.free(path);
  }

  list(path: string): AsyncIterable<string> {
    return this.real.list(path);
  }

  /** False when this call is to do half its work. */
  private meet(call: Call): boolean {
    this.calls.push(call);
    if (!this.damage || this.struck) return true;
    const { call: only, nth, code } = this.damage;
    const count = only === undefined ? this.calls.length : this.calls.filter((each) => each === only).length;
    if (count !== nth || (only !== undefined && only !== call)) return true;
    this.struck = call;
    if (code === 'short') return false;
    throw Object.assign(new Error(`${code}: injected into ${call}`), { code });
  }
}
