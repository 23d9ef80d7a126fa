import * as fc from 'fast-check';
import { NameInvalid } from './errors';
import { RepositoryName } from './repository-name';

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const separator = fc.constantFrom('.', '_', '__', '-', '--', '-----');
const component = fc
  .tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 3 }))
  .map(([head, tail]) => head + tail.map((pair) => pair.join('')).join(''));
const name = fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));

test('OCI-2: every name of the grammar is a repository name: registry, slash, image', () => {
  fc.assert(
    fc.property(name, (text) => {
      const parsed = RepositoryName.parse(text);
      expect(parsed.toString()).toBe(text);
      expect(parsed.equals(RepositoryName.parse(text))).toBe(true);
      expect([parsed.registry, parsed.image].filter((part) => part !== '').join('/')).toBe(text);
      expect(parsed.registry).not.toContain('/');
    }),
  );
});

test('any text is a repository name letter for letter, or NameInvalid', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
      try {
        expect(RepositoryName.parse(text).toString()).toBe(text);
      } catch (error) {
        expect(error).toBeInstanceOf(NameInvalid);
      }
    }),
  );
});

test.each([
  ['upper case', 'Team/app'],
  ['three underscores', 'a___b'],
  ['two dots', 'a..b'],
  ['a dot as component', 'a/./b'],
  ['two dots as component', 'a/../b'],
  ['an empty component', 'a//b'],
  ['a slash at the end', 'a/'],
  ['a slash at the start', '/a'],
  ['a separator at the end', 'a-'],
  ['a percent sign', 'a%2fb'],
  ['a NUL', 'a\0'],
  ['a line break', 'a\n'],
  ['nothing', ''],
])('OCI-2: a name with %s is NameInvalid', (_what, text) => {
  expect(() => RepositoryName.parse(text)).toThrow(NameInvalid);
});

test('OCI-2: a name has 255 characters at most, or as many as the host leaves', () => {
  expect(RepositoryName.parse('a'.repeat(255)).registry).toHaveLength(255);
  expect(() => RepositoryName.parse('a'.repeat(256))).toThrow(NameInvalid);
  expect(() => RepositoryName.parse('team/app', 7)).toThrow(NameInvalid);
});

test('a long text that almost fits is refused without backtracking', () => {
  const started = performance.now();
  expect(() => RepositoryName.parse(`${'a-'.repeat(500_000)}!`, 2_000_000)).toThrow(NameInvalid);
  expect(performance.now() - started).toBeLessThan(1_000);
});
