import * as fc from 'fast-check';
import { PageInvalid } from '@ncr/oci';
import { formatQuery, Query } from './query';
import { parsePage } from './server/discovery';

const value = fc.string({ unit: 'grapheme' }).filter((text) => text.isWellFormed());

test('a formatted query is parsed back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('n', 'last', 'artifactType'), value), (parameters) => {
      const query = new Query(formatQuery(parameters).slice(1));
      for (const [name, expected] of Object.entries(parameters)) expect(query.all(name)).toEqual([expected]);
    }),
  );
});

test('a plus sign is itself, repeated parameters are all there, broken escapes stay', () => {
  const query = new Query('a=x+y&a=%2B&b&c=%zz&%61=z');
  expect(query.all('a')).toEqual(['x+y', '+', 'z']);
  expect(query.get('b')).toBe('');
  expect(query.get('c')).toBe('%zz');
  expect(query.get('d')).toBeUndefined();
});

test('AC-44: whatever a client says, a page is refused or of 0 to 1000 entries', () => {
  const number = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.constantFrom('2147483647', '1e9', '0x10', '-1', ''),
  );
  fc.assert(
    fc.property(fc.array(number, { maxLength: 2 }), fc.constantFrom('clamp', 'refuse'), (numbers, beyond) => {
      const query = new Query(numbers.map((text) => `n=${encodeURIComponent(text)}`).join('&'));
      try {
        const { n } = parsePage(query, { usual: 100, maximum: 1000, beyond });
        expect(Number.isInteger(n) && n >= 0 && n <= 1000).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(PageInvalid);
      }
    }),
  );
});
