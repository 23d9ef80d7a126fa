import * as fc from 'fast-check';
import { ByteRange, RangeInvalid } from '@ncr/oci';
import {
  formatChunkRange,
  formatContentRange,
  formatRange,
  formatUploadRange,
  parseChunkRange,
  parseContentRange,
  parseRanges,
  parseUploadRange,
} from './byte-range';

const range: fc.Arbitrary<ByteRange> = fc
  .tuple(fc.nat(1_000_000), fc.nat(1_000_000))
  .map(([start, length]) => ({ start, end: start + length }));

test('ranges, chunk ranges and content ranges are parsed back as they were formatted', () => {
  fc.assert(
    fc.property(range, (one) => {
      expect(parseRanges(formatRange(one), one.end + 1)).toEqual([one]);
      expect(parseChunkRange(formatChunkRange(one))).toEqual(one);
      expect(parseContentRange(formatContentRange(one, one.end + 1))).toEqual(one);
    }),
  );
});

test('the range of an upload is parsed back, but for one byte, which looks like none', () => {
  fc.assert(
    fc.property(fc.nat(), (offset) => {
      expect(parseUploadRange(formatUploadRange(offset))).toBe(offset === 1 ? 0 : offset);
    }),
  );
  expect(parseUploadRange('bytes=0-9')).toBe(10);
  expect(parseUploadRange('7-9')).toBeUndefined();
});

const spec = fc.oneof(
  fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => `${a}-${b}`),
  fc.nat(60).map((a) => `${a}-`),
  fc.nat(60).map((b) => `-${b}`),
);

test('whatever is asked for, ranges lie within the content and together are no longer than it', () => {
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 70 }), fc.nat(50), (specs, size) => {
      let ranges: ByteRange[] | undefined;
      try {
        ranges = parseRanges(`bytes=${specs.join(', ')}`, size);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeInvalid);
        expect((error as RangeInvalid).headers).toEqual({ 'Content-Range': `bytes */${size}` });
        return;
      }
      let total = 0;
      for (const { start, end } of ranges ?? []) {
        expect(0 <= start && start <= end && end < size).toBe(true);
        total += end - start + 1;
      }
      expect(total).toBeLessThanOrEqual(size);
    }),
  );
});

test('no text breaks the parsers', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `bytes=${text}`),
      ),
      (text) => {
        for (const parse of [() => parseRanges(text, 10), () => parseChunkRange(text)]) {
          try {
            parse();
          } catch (error) {
            expect(error).toBeInstanceOf(RangeInvalid);
          }
        }
        parseContentRange(text);
        parseUploadRange(text);
      },
    ),
  );
});

test.each([
  ['bytes=500-1499', 2000, [{ start: 500, end: 1499 }]],
  ['bytes=500-', 2000, [{ start: 500, end: 1999 }]],
  ['bytes=-500', 2000, [{ start: 1500, end: 1999 }]],
  ['bytes=1000-5000', 2000, [{ start: 1000, end: 1999 }]],
  ['bytes=-5000', 2000, [{ start: 0, end: 1999 }]],
  [
    'bytes=0-0,-1',
    2000,
    [
      { start: 0, end: 0 },
      { start: 1999, end: 1999 },
    ],
  ],
  ['bytes=5000-,0-1', 2000, [{ start: 0, end: 1 }]],
  ['bytes=0-1999,0-1999', 2000, undefined],
  ['bytes=0-', 0, undefined],
  ['lines=1-2', 2000, undefined],
])('%s of %d bytes', (header, size, expected) => {
  expect(parseRanges(header, size)).toEqual(expected);
});

test.each(['bytes=500-0', 'bytes=5000-10000', 'bytes=-0', 'bytes=', 'bytes=a-b', 'bytes=1-2-3', 'bytes=-'])(
  '%s cannot be satisfied',
  (header) => {
    expect(() => parseRanges(header, 2000)).toThrow(RangeInvalid);
  },
);

test('a number beyond 2^53 is no chunk range', () => {
  expect(() => parseChunkRange('0-99999999999999999999')).toThrow(RangeInvalid);
});
