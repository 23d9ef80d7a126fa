import { ByteRange, Write } from '@ncr/oci';
import { ObjectDamaged, ObjectMissing, StorageFailed } from './errors';
import { ObjectKey, ObjectWriter, StorageDriver, StoredObject, WriterState } from './storage-driver';

interface Content {
  pieces: Buffer[];
  size: number;
  modified: Date;
}

/** Objects in the memory of this process, for tests and trials: a restart forgets them. */
export class MemoryDriver implements StorageDriver {
  readonly name = 'memory';
  private readonly objects = new Map<ObjectKey, Content>();

  async create(key: ObjectKey): Promise<ObjectWriter> {
    if (this.objects.has(key)) throw new StorageFailed(`cannot create ${key}: it exists`);
    const content = { pieces: [], size: 0, modified: new Date() };
    this.objects.set(key, content);
    return new MemoryWriter(content, () => this.objects.delete(key));
  }

  async resume(key: ObjectKey, state: WriterState): Promise<ObjectWriter> {
    const content = this.find(key);
    if (content.size < state.offset) throw new ObjectDamaged(`${key} has ${content.size} bytes, not ${state.offset}`);
    content.pieces = [Buffer.concat(content.pieces).subarray(0, state.offset)];
    content.size = state.offset;
    return new MemoryWriter(content, () => this.objects.delete(key));
  }

  async stat(key: ObjectKey): Promise<{ readonly size: number } | undefined> {
    const content = this.objects.get(key);
    return content && { size: content.size };
  }

  async read(key: ObjectKey, range: ByteRange, write: Write): Promise<void> {
    const { pieces, size } = this.find(key);
    if (range.end >= size) throw new ObjectDamaged(`${key} has ${size} bytes and ${range.end} is asked for`);
    let start = 0;
    for (const piece of pieces) {
      const part = piece.subarray(Math.max(0, range.start - start), Math.max(0, range.end + 1 - start));
      if (part.length > 0) await write(part);
      start += piece.length;
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    this.objects.delete(key);
  }

  async *list(): AsyncIterable<StoredObject> {
    for (const [key, { size, modified }] of this.objects) yield { key, size, modified };
  }

  async presign(): Promise<undefined> {
    return undefined;
  }

  async check(): Promise<void> {}

  private find(key: ObjectKey): Content {
    const content = this.objects.get(key);
    if (!content) throw new ObjectMissing(`there is no object ${key}`);
    return content;
  }
}

class MemoryWriter implements ObjectWriter {
  private open = true;
  private finished = false;

  constructor(
    private readonly content: Content,
    private readonly remove: () => void,
  ) {}

  get offset(): number {
    return this.content.size;
  }

  readonly write: Write = (piece) => {
    this.requireOpen();
    this.content.pieces.push(Buffer.from(piece)); // a copy: the memory is the caller's
    this.content.size += piece.length;
    this.content.modified = new Date();
  };

  async sync(): Promise<WriterState> {
    this.requireOpen();
    return { offset: this.offset };
  }

  async finish(): Promise<void> {
    this.requireOpen();
    this.open = false;
    this.finished = true;
  }

  async release(): Promise<void> {
    this.open = false;
  }

  async abort(): Promise<void> {
    this.open = false;
    if (!this.finished) this.remove();
  }

  private requireOpen(): void {
    if (!this.open) throw new StorageFailed('the object is closed');
  }
}
