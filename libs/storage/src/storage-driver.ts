import { ByteRange, Write } from '@ncr/oci';

/** Where an object lies: `objects/<2 hex>/<uuid>`. Only hex, `-` and `/`, so that every store takes it as it is. */
export type ObjectKey = string;

/** What a writer needs to be taken up again by any process. JSON can hold it, but for `tail`. */
export interface WriterState {
  /** Bytes that are durable. */
  readonly offset: number;
  /** S3: the multipart upload and the parts that lie there. */
  readonly multipart?: {
    readonly uploadId: string;
    readonly parts: readonly { number: number; etag: string; size: number }[];
  };
  /** S3: the bytes after the last full part, which the caller must keep. */
  readonly tail?: Uint8Array;
}

/** One object being written by one caller; calls never overlap, but for the promise that `write` may return. */
export interface ObjectWriter {
  /** Bytes taken so far. */
  readonly offset: number;
  /** Takes the piece; see `Write` of `libs/oci`. Throws `StorageFull` or `StorageFailed`: the object is then lost. */
  readonly write: Write;
  /** Makes all bytes so far durable and gives the state to resume with. The writer stays open. */
  sync(): Promise<WriterState>;
  /** Makes the object complete and durable: after this it survives a power cut. Closes the writer. */
  finish(): Promise<void>;
  /** Closes the writer and leaves what is durable for a later `resume`. Never throws. */
  release(): Promise<void>;
  /** Closes the writer and removes the object. Never throws; what could not be removed is found by the storage scan. */
  abort(): Promise<void>;
}

export interface StoredObject {
  readonly key: ObjectKey;
  /** In bytes. */
  readonly size: number;
  readonly modified: Date;
}

/**
 * A store of immutable objects. Keys are random and used once: no call ever opens an existing object for writing,
 * but for `resume` of one that was never finished; nothing is renamed or copied.
 * Drivers: folder, S3, memory. All pass `testStorageDriver` (testing entry).
 */
export interface StorageDriver {
  readonly name: string;
  /** Begins an object. Throws `StorageFailed` when the key exists. */
  create(key: ObjectKey): Promise<ObjectWriter>;
  /** Goes on with an unfinished object at `state.offset`; what lies behind that is dropped. Throws `ObjectMissing`. */
  resume(key: ObjectKey, state: WriterState): Promise<ObjectWriter>;
  /** Undefined when there is no such object. */
  stat(key: ObjectKey): Promise<{ readonly size: number } | undefined>;
  /**
   * Sends exactly the bytes of `range`. Throws `ObjectMissing` before the first byte, `ObjectDamaged` when the object is
   * shorter than the range or unreadable: a short read never looks like an end.
   */
  read(key: ObjectKey, range: ByteRange, write: Write): Promise<void>;
  /** Removes an object or an unfinished one. A missing one is no error. */
  delete(key: ObjectKey, state?: WriterState): Promise<void>;
  /** Every object, in no order, for fsck and the storage scan; unfinished ones too, on S3 with a size of 0. */
  list(): AsyncIterable<StoredObject>;
  /**
   * A URL that lets anyone GET the object for `seconds`; undefined where the store cannot. `endpoint` is the origin
   * (`https://host:port`) under which that one reaches the store, the driver's own by default.
   */
  presign(key: ObjectKey, seconds: number, endpoint?: string): Promise<string | undefined>;
  /** Proves that the store can be trusted (write, read back, delete); throws `StorageFailed` with the reason. */
  check(): Promise<void>;
}
