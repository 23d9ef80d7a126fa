import * as fc from 'fast-check';
import { Digest, digestAlgorithms, DigestAlgorithm, isDigestAlgorithm } from './digest';
import { DigestInvalid } from './errors';

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const digest = fc
  .constantFrom('sha256' as const, 'sha512' as const)
  .chain((algorithm) => hex(2 * digestAlgorithms[algorithm].bytes).map((text) => Digest.of(algorithm, text)));

test('a digest parsed from its own text is the same digest', () => {
  fc.assert(
    fc.property(digest, (one) => {
      const again = Digest.parse(one.toString());
      expect(again.equals(one)).toBe(true);
      expect(JSON.stringify({ one })).toBe(`{"one":"${one.algorithm}:${one.hex}"}`);
    }),
  );
});

test('the stored form holds all of a digest: fromBytes ∘ toBytes is the identity', () => {
  fc.assert(
    fc.property(digest, (one) => {
      const bytes = one.toBytes();
      expect(bytes).toHaveLength(one.algorithm === 'sha256' ? 33 : 65);
      expect(Digest.fromBytes(bytes).toString()).toBe(one.toString());
    }),
  );
});

test('any other stored bytes are DigestInvalid', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const stored = (bytes[0] === 0x12 && bytes.length === 33) || (bytes[0] === 0x13 && bytes.length === 65);
      if (stored) expect([...Digest.fromBytes(bytes).toBytes()]).toEqual([...bytes]);
      else expect(() => Digest.fromBytes(bytes)).toThrow(DigestInvalid);
    }),
  );
});

test('AC-39: any text is a registered digest, letter for letter, or DigestInvalid', () => {
  const lookalike = fc.tuple(
    fc.constantFrom('sha256:', 'sha512:', 'md5:', 'SHA256:', 'sha256%3A'),
    fc.oneof(hex(64), hex(128), hex(65)),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        lookalike.map((parts) => parts.join('')),
      ),
      (text) => {
        if (/^(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/.test(text)) expect(Digest.parse(text).toString()).toBe(text);
        else expect(() => Digest.parse(text)).toThrow(DigestInvalid);
      },
    ),
  );
});

test.each([
  ['a path instead of a hash', 'sha256:../../outside'],
  ['one character too many', `sha256:${'0'.repeat(65)}`],
  ['one character too few', `sha256:${'0'.repeat(63)}`],
  ['upper-case hexadecimal', `sha256:${'A'.repeat(64)}`],
  ['an unregistered algorithm', `md5:${'0'.repeat(32)}`],
  ['an encoded colon', `sha256%3A${'0'.repeat(64)}`],
  ['a NUL at the end', `sha256:${'0'.repeat(64)}\0`],
  ['a line break at the end', `sha256:${'0'.repeat(64)}\n`],
  ['the length of the other algorithm', `sha512:${'0'.repeat(64)}`],
  ['a megabyte', `sha256:${'0'.repeat(1 << 20)}`],
  ['nothing', ''],
])('AC-39: a digest with %s is DigestInvalid', (_what, text) => {
  expect(() => Digest.parse(text)).toThrow(DigestInvalid);
});

test('the algorithms are those of the image-spec, and nothing an object inherits', () => {
  const known: DigestAlgorithm[] = ['sha256', 'sha512'];
  expect(known.every(isDigestAlgorithm)).toBe(true);
  expect(['blake3', 'toString', '__proto__', 'SHA256', ''].some(isDigestAlgorithm)).toBe(false);
});
