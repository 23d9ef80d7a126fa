import * as fc from 'fast-check';
import { Digest } from './digest';
import { DigestInvalid, ManifestInvalid } from './errors';
import { parseReference, Tag } from './reference';

const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/);

test('OCI-2: every text of the tag grammar is a tag and prints as it was written', () => {
  fc.assert(
    fc.property(tag, (text) => {
      expect(Tag.is(text)).toBe(true);
      expect(Tag.parse(text).toString()).toBe(text);
      expect(JSON.stringify(Tag.parse(text))).toBe(`"${text}"`);
      expect(parseReference(text)).toBeInstanceOf(Tag);
    }),
  );
});

test('any text is a tag, a digest, or refused with one of two errors', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), tag), (text) => {
      try {
        expect(parseReference(text).toString()).toBe(text);
      } catch (error) {
        expect(error).toBeInstanceOf(text.includes(':') ? DigestInvalid : ManifestInvalid);
      }
    }),
  );
});

test.each([
  ['empty', ''],
  ['starting with a dot', '.INVALID_MANIFEST_NAME'],
  ['starting with a hyphen', '-a'],
  ['of 129 characters', 'a'.repeat(129)],
  ['with a slash', 'a/b'],
  ['with a plus', '1.0+build'],
  ['with a line break', 'a\n'],
  ['with a letter beyond ASCII', 'é'],
])('OCI-2: a tag %s is refused', (_what, text) => {
  expect(Tag.is(text)).toBe(false);
  expect(() => Tag.parse(text)).toThrow(ManifestInvalid);
});

test('OCI-2: a tag may have 128 characters and upper case', () => {
  expect(Tag.parse('A'.repeat(128)).name).toHaveLength(128);
});

test('text with a colon is a digest or nothing', () => {
  const text = `sha256:${'a'.repeat(64)}`;
  expect(parseReference(text)).toBeInstanceOf(Digest);
  expect(() => parseReference('sha256:totallywrong')).toThrow(DigestInvalid);
});
