import { ByteRange } from '@ncr/oci';
import type { Client } from 'minio';
import { IncomingMessage } from 'node:http';
import { ObjectDamaged, StorageFailed } from './errors';
import { codeOf, isMissing } from './failure';
import { isObjectKey } from './object-key';
import { S3Location } from './s3-location';
import { isPassing, persist } from './s3-persistence';
import { Patience, s3Transport } from './s3-transport';
import { ObjectKey, StoredObject, WriterState } from './storage-driver';

export interface S3Keys {
  readonly accessKey: string;
  readonly secretKey: string;
}

export type Multipart = NonNullable<WriterState['multipart']>;

/**
 * The calls of S3 that the driver needs, each tried again where that cannot do harm. Errors are the client's own, with
 * the store's word in `code`. The client is loaded at the first call: it takes a quarter of a second, which nobody with
 * a folder should wait for.
 */
export class S3Bucket {
  private readonly clients = new Map<string, Promise<Client>>();

  constructor(
    private readonly location: S3Location,
    private readonly keys: S3Keys,
    private readonly patience: Patience,
  ) {}

  /** Writes the whole object. Repeating it writes the same bytes. */
  async put(key: ObjectKey, body: Buffer): Promise<void> {
    const request = { method: 'PUT', ...this.name(key), headers: { 'content-type': 'application/octet-stream' } };
    await this.call((client) => client.makeRequestAsyncOmit({ ...request, headers: { ...request.headers } }, body));
  }

  /** Begins a multipart upload; one whose answer was lost is aborted first. */
  begin(key: ObjectKey): Promise<string> {
    const { bucketName, objectName } = this.name(key);
    return this.call(async (client, attempt) => {
      if (attempt > 1) await this.abortAll(key);
      const headers = { 'content-type': 'application/octet-stream' };
      return client.initiateNewMultipartUpload(bucketName, objectName, headers);
    });
  }

  /** Gives the part's ETag. A part of the same number is replaced, so this may be repeated. */
  putPart(key: ObjectKey, uploadID: string, partNumber: number, body: Buffer): Promise<string> {
    return this.call(async (client) => {
      const { etag } = await client.uploadPart({ ...this.name(key), uploadID, partNumber, headers: {} }, body);
      if (!etag) throw new StorageFailed('the store gave no ETag for a part');
      return etag;
    });
  }

  /** May have happened even when it throws. */
  async complete(key: ObjectKey, { uploadId, parts }: Multipart): Promise<void> {
    const { bucketName, objectName } = this.name(key);
    const list = parts.map(({ number, etag }) => ({ part: number, etag }));
    await this.call(
      (client) => client.completeMultipartUpload(bucketName, objectName, uploadId, list),
      // An error inside an answer of status 200 comes without its code.
      (error) => isPassing(error) || codeOf(error) === undefined,
    );
  }

  /** Whether the multipart upload is still there. */
  async has(key: ObjectKey, uploadId: string): Promise<boolean> {
    const query = `max-parts=1&uploadId=${encodeURIComponent(uploadId)}`;
    try {
      await this.call((client) => client.makeRequestAsyncOmit({ method: 'GET', ...this.name(key), query }));
      return true;
    } catch (error) {
      if (codeOf(error) === 'NoSuchUpload' || isMissing(error)) return false;
      throw error;
    }
  }

  async abort(key: ObjectKey, uploadId: string): Promise<void> {
    const { bucketName, objectName } = this.name(key);
    try {
      await this.call((client) => client.abortMultipartUpload(bucketName, objectName, uploadId));
    } catch (error) {
      if (codeOf(error) !== 'NoSuchUpload' && !isMissing(error)) throw error;
    }
  }

  /** Aborts every multipart upload of exactly this key. */
  async abortAll(key: ObjectKey): Promise<void> {
    for await (const upload of this.uploads(key)) {
      if (upload.key === key) await this.abort(key, upload.uploadId);
    }
  }

  /** Undefined when there is no such object. */
  async sizeOf(key: ObjectKey): Promise<number | undefined> {
    const { bucketName, objectName } = this.name(key);
    try {
      const { size } = await this.call((client) => client.statObject(bucketName, objectName));
      if (!Number.isSafeInteger(size)) throw new StorageFailed(`the store does not say how long ${key} is`);
      return size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** An answer with exactly the bytes of `range` to come. Throws `ObjectDamaged` when the object is shorter. */
  async get(key: ObjectKey, { start, end }: ByteRange): Promise<IncomingMessage> {
    let doubted = false;
    // A lone 404 is not believed: it would make the blob absent for everybody until somebody pushes it again.
    const again = (error: unknown): boolean => isPassing(error) || (isMissing(error) && !doubted && (doubted = true));
    const response = await this.call((client) => {
      const headers = { range: `bytes=${start}-${end}` };
      return client.makeRequestAsync({ method: 'GET', ...this.name(key), headers }, '', [200, 206]);
    }, again);
    const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers['content-range'] ?? '') ?? [];
    if (Number(first) === start && Number(last) === end) return response;
    const whole = response.statusCode === 200 ? Number(response.headers['content-length']) : NaN;
    if (start === 0 && whole === end + 1) return response;
    response.destroy();
    const length = Number(size ?? whole);
    if (length <= end) throw new ObjectDamaged(`${key} has ${length} bytes and byte ${end} is asked for`);
    throw new StorageFailed(`the store sends other bytes of ${key} than were asked for`);
  }

  /** Removes the object; a missing one is no error. */
  async remove(key: ObjectKey): Promise<void> {
    const { bucketName, objectName } = this.name(key);
    try {
      await this.call((client) => client.removeObject(bucketName, objectName));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** The objects that are ours and whose key begins with `start`. */
  async *objects(start: string): AsyncIterable<StoredObject> {
    const { bucket } = this.location;
    for (let token = ''; ;) {
      const from = token;
      const page = await this.call((client) =>
        client.listObjectsV2Query(bucket, this.prefix(start), from, '', 1000, ''),
      );
      for (const { name, size, lastModified } of page.objects) {
        const key = this.keyOf(name);
        if (key) yield { key, size, modified: lastModified ?? new Date(NaN) };
      }
      if (!page.isTruncated) return;
      token = page.nextContinuationToken;
    }
  }

  /** The unfinished multipart uploads that are ours and whose key begins with `start`. */
  async *uploads(start: string): AsyncIterable<{ key: ObjectKey; uploadId: string; began: Date }> {
    const { bucket } = this.location;
    for (let [key, id] = ['', '']; ;) {
      const [fromKey, fromId] = [key, id];
      const page = await this.call((client) =>
        client.listIncompleteUploadsQuery(bucket, this.prefix(start), fromKey, fromId, ''),
      );
      for (const upload of page.uploads) {
        const key = this.keyOf(upload.key);
        if (key) yield { key, uploadId: upload.uploadId, began: upload.initiated };
      }
      if (!page.isTruncated) return;
      [key, id] = [page.nextKeyMarker, page.nextUploadIdMarker];
    }
  }

  /** A URL under `endpoint` for a GET of the object within `seconds`. Asks the store nothing. */
  async presign(key: ObjectKey, seconds: number, endpoint = this.location.endpoint): Promise<string> {
    const { bucketName, objectName } = this.name(key);
    return (await this.client(endpoint)).presignedGetObject(bucketName, objectName, seconds);
  }

  private async call<T>(work: (client: Client, attempt: number) => Promise<T>, again?: (e: unknown) => boolean) {
    const client = await this.client(this.location.endpoint);
    return persist((attempt) => work(client, attempt), again);
  }

  private client(endpoint: string): Promise<Client> {
    const known = this.clients.get(endpoint) ?? this.connect(new URL(endpoint));
    this.clients.set(endpoint, known);
    return known;
  }

  private async connect({ protocol, hostname, port, origin }: URL): Promise<Client> {
    const { Client } = await import('minio');
    return new Client({
      endPoint: hostname.replace(/^\[|\]$/g, ''),
      ...(port !== '' && { port: Number(port) }),
      useSSL: protocol === 'https:',
      region: this.location.region, // else the client asks for it, which many keys may not
      pathStyle: this.location.pathStyle,
      retryOptions: { disableRetry: true }, // its own would know nothing of what may be repeated
      ...this.keys,
      ...s3Transport(origin, this.patience),
    });
  }

  private name(key: ObjectKey): { bucketName: string; objectName: string } {
    return { bucketName: this.location.bucket, objectName: this.prefix(key) };
  }

  private prefix(key: string): string {
    return this.location.prefix === '' ? key : `${this.location.prefix}/${key}`;
  }

  private keyOf(name: string | undefined): ObjectKey | undefined {
    const key = name?.slice(this.prefix('').length);
    return key && isObjectKey(key) ? key : undefined;
  }
}
