import { randomBytes } from 'node:crypto';
import { ByteRange, Digest, StoredBlob, StoredManifest } from '@ncr/oci';
import { formatContentRange, parseRanges } from '../byte-range';
import { alreadyHeld, entityTag } from '../entity-tag';
import { Answer, contentAnswer, emptyAnswer, HeaderList, Piece, textLimit } from './answer';
import { CallFor } from './call';

/**
 * Only the client itself may keep content, because others share its proxy; a manifest is asked for again each time,
 * because its tag may have moved.
 */
const manifestCaching = 'private, no-cache';
const blobCaching = 'private, max-age=31536000';

/** A manifest never changes: its answer is made once for as long as the registry keeps the object. */
const ready = new WeakMap<StoredManifest, Answer>();

/** end-3, GET. The stored bytes and type, whatever `Accept` says. */
export async function getManifest({ route, headers, registry }: CallFor<'manifest'>): Promise<Answer> {
  const manifest = await registry.getManifest(route.repository, route.reference);
  const held = headers['if-none-match'];
  if (held !== undefined && alreadyHeld(held, manifest.digest)) return notModified(manifest.digest, manifestCaching);
  let answer = ready.get(manifest);
  if (answer === undefined) {
    answer = manifestAnswer(manifest, manifest.bytes.length, manifest.bytes);
    if (manifest.bytes.length <= textLimit)
      answer = { ...answer, text: Buffer.from(manifest.bytes).toString('latin1') };
    ready.set(manifest, answer);
  }
  return answer;
}

/** end-3, HEAD. */
export async function headManifest({ route, headers, registry }: CallFor<'manifest'>): Promise<Answer> {
  const manifest = await registry.headManifest(route.repository, route.reference);
  const held = headers['if-none-match'];
  if (held !== undefined && alreadyHeld(held, manifest.digest)) return notModified(manifest.digest, manifestCaching);
  return manifestAnswer(manifest, manifest.size);
}

function manifestAnswer(
  { digest, mediaType }: Pick<StoredManifest, 'digest' | 'mediaType'>,
  size: number,
  bytes?: Uint8Array,
): Answer {
  return contentAnswer(200, ['Content-Type', mediaType, ...identity(digest, manifestCaching)], size, bytes);
}

/** end-2, GET, with ranges (RFC 9110 section 14) and conditions (section 13). */
export async function getBlob({ route, headers, registry }: CallFor<'blob'>): Promise<Answer> {
  const blob = await registry.getBlob(route.repository, route.digest);
  const held = headers['if-none-match'];
  if (held !== undefined && alreadyHeld(held, blob.digest)) return notModified(blob.digest, blobCaching);
  if (blob.location !== undefined) {
    return emptyAnswer(307, ['Location', blob.location, 'Cache-Control', 'private, no-store']);
  }
  const condition = headers['if-range'];
  const applies = condition === undefined || condition === entityTag(blob.digest);
  const ranges = headers.range === undefined || !applies ? undefined : parseRanges(headers.range, blob.size);
  if (ranges === undefined) return wholeBlob(blob);
  const [only] = ranges;
  return ranges.length === 1 && only !== undefined ? singleRange(blob, only) : multipleRanges(blob, ranges);
}

/** end-2, HEAD: never a redirect, and no ranges, which RFC 9110 defines for GET alone. */
export async function headBlob({ route, headers, registry }: CallFor<'blob'>): Promise<Answer> {
  const { digest, size } = await registry.headBlob(route.repository, route.digest);
  const held = headers['if-none-match'];
  if (held !== undefined && alreadyHeld(held, digest)) return notModified(digest, blobCaching);
  return contentAnswer(200, blobHeaders(digest, octets), size);
}

const octets = 'application/octet-stream';

function wholeBlob(blob: StoredBlob): Answer {
  const body = blob.size === 0 ? undefined : [piece(blob, { start: 0, end: blob.size - 1 })];
  return contentAnswer(200, blobHeaders(blob.digest, octets), blob.size, blob.bytes ?? body);
}

function singleRange(blob: StoredBlob, range: ByteRange): Answer {
  const headers = [...blobHeaders(blob.digest, octets), 'Content-Range', formatContentRange(range, blob.size)];
  return contentAnswer(206, headers, range.end - range.start + 1, [piece(blob, range)]);
}

/** `multipart/byteranges` (RFC 9110 section 14.6): the lazy pullers (stargz, zstd:chunked) ask for it. */
function multipleRanges(blob: StoredBlob, ranges: readonly ByteRange[]): Answer {
  const boundary = randomBytes(16).toString('hex');
  const body: Piece[] = [];
  let length = 0;
  for (const range of ranges) {
    const part = `\r\n--${boundary}\r\nContent-Type: ${octets}\r\nContent-Range: ${formatContentRange(range, blob.size)}\r\n\r\n`;
    const head = Buffer.from(part, 'latin1');
    body.push(head, piece(blob, range));
    length += head.length + range.end - range.start + 1;
  }
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
  body.push(tail);
  const type = `multipart/byteranges; boundary=${boundary}`;
  return contentAnswer(206, blobHeaders(blob.digest, type), length + tail.length, body);
}

function piece(blob: StoredBlob, range: ByteRange): Piece {
  return blob.bytes === undefined ? { blob, range } : blob.bytes.subarray(range.start, range.end + 1);
}

function blobHeaders(digest: Digest, type: string): HeaderList {
  return ['Content-Type', type, ...identity(digest, blobCaching), 'Accept-Ranges', 'bytes'];
}

function identity(digest: Digest, caching: string): HeaderList {
  return ['Docker-Content-Digest', digest.toString(), 'ETag', entityTag(digest), 'Cache-Control', caching];
}

function notModified(digest: Digest, caching: string): Answer {
  return emptyAnswer(304, identity(digest, caching));
}
