import { ByteRange, RangeInvalid } from '@ncr/oci';

/** More ranges than this in one request are answered with the whole content. */
const maximumRanges = 64;
const one = /^(\d*)-(\d*)$/;

/**
 * Takes a `Range` header and the size of the content in bytes. Gives the ranges clamped to the content, in the order
 * asked for, or undefined where the whole content is the right answer: another unit, too many ranges, ranges that
 * together are longer than the content (RFC 9110 section 14.2 lets a server ignore them), or empty content.
 * Throws `RangeInvalid` with `Content-Range` when the header is malformed or no range touches the content.
 */
export function parseRanges(header: string, size: number): ByteRange[] | undefined {
  if (!/^bytes=/i.test(header) || size === 0) return undefined;
  const wanted = header.slice('bytes='.length).split(',');
  if (wanted.length > maximumRanges) return undefined;
  const ranges: ByteRange[] = [];
  let total = 0;
  for (const text of wanted) {
    const range = parseOne(text.trim(), size);
    if (range === undefined) continue;
    ranges.push(range);
    total += range.end - range.start + 1;
  }
  if (ranges.length === 0) throw unsatisfiable(size);
  return ranges.length > 1 && total > size ? undefined : ranges;
}

function parseOne(text: string, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = one.exec(text) ?? [];
  if (first === '' && last === '') throw unsatisfiable(size);
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? undefined : { start: size - suffix, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) throw unsatisfiable(size);
  return start >= size ? undefined : { start, end };
}

function unsatisfiable(size: number): RangeInvalid {
  return new RangeInvalid('no such range in this content', { size }, { 'Content-Range': `bytes */${size}` });
}

/** Gives `bytes=a-b`. */
export function formatRange(range: ByteRange): string {
  return `bytes=${range.start}-${range.end}`;
}

/** Gives `bytes a-b/size`, the `Content-Range` of an answer. */
export function formatContentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end}/${size}`;
}

const contentRange = /^bytes (\d+)-(\d+)\/(?:\d+|\*)$/i;

/** Takes the `Content-Range` of an answer; gives undefined for anything but one satisfied range of bytes. */
export function parseContentRange(header: string): ByteRange | undefined {
  const [, first, last] = contentRange.exec(header) ?? [];
  const range = { start: Number(first), end: Number(last) };
  return Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end) && range.start <= range.end
    ? range
    : undefined;
}

const chunkRange = /^(\d+)-(\d+)$/;

/**
 * Takes the `Content-Range` of a chunk, `<first>-<last>` without a unit (distribution-spec "Pushing a blob in chunks").
 * Throws `RangeInvalid`.
 */
export function parseChunkRange(header: string): ByteRange {
  const [, first, last] = chunkRange.exec(header) ?? [];
  const range = { start: Number(first), end: Number(last) };
  if (!Number.isSafeInteger(range.start) || !Number.isSafeInteger(range.end) || range.end < range.start) {
    throw new RangeInvalid('Content-Range of a chunk is <first>-<last>');
  }
  return range;
}

/** Gives `<first>-<last>`, the `Content-Range` of a chunk. */
export function formatChunkRange(range: ByteRange): string {
  return `${range.start}-${range.end}`;
}

/** What an upload holds, as its `Range` header: `0-<last>`, and `0-0` both for one byte and for none. */
export function formatUploadRange(offset: number): string {
  return `0-${Math.max(offset - 1, 0)}`;
}

const uploadRange = /^(?:bytes=)?0-(\d+)$/;

/** Takes the `Range` header of an upload, gives the number of bytes it holds, 0 for the ambiguous `0-0`. */
export function parseUploadRange(header: string): number | undefined {
  const [, last] = uploadRange.exec(header) ?? [];
  const end = Number(last);
  if (!Number.isSafeInteger(end)) return undefined;
  return end === 0 ? 0 : end + 1;
}
