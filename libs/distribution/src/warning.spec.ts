import * as fc from 'fast-check';
import { formatWarnings } from './warning';

test('warnings are printable, quoted, and not more than 4096 bytes over all headers', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 3000 })), (texts) => {
      const headers = formatWarnings(texts);
      for (const header of headers) expect(header).toMatch(/^299 - "(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"$/);
      expect(headers.join('').length).toBeLessThanOrEqual(4096);
    }),
  );
  expect(formatWarnings(['say "hi"\r\nX: y'])).toEqual(['299 - "say \\"hi\\"??X: y"']);
});
