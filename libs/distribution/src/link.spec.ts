import * as fc from 'fast-check';
import { formatNextLink, parseNextLink } from './link';

const target = fc.stringMatching(/^\/[a-z0-9/?&=%.;,"-]{0,40}$/);

test('a formatted link is parsed back', () => {
  fc.assert(fc.property(target, (text) => expect(parseNextLink(formatNextLink(text))).toBe(text)));
});

test('the next page is found among other links and parameters', () => {
  fc.assert(
    fc.property(target, target, fc.constantFrom('prev', 'first', 'nextish'), (next, other, relation) => {
      const header = `<${other}>; title="a, <b>; rel=next"; rel=${relation} , <${next}>; REL="last Next"; x=y`;
      expect(parseNextLink(header)).toBe(next);
    }),
  );
});

test('no text breaks the parser', () => {
  const soup = fc
    .array(fc.constantFrom('<', '>', ';', ',', '"', '\\', 'rel', '=', 'next', ' ', 'a'))
    .map((all) => all.join(''));
  fc.assert(fc.property(fc.oneof(fc.string(), soup), (text) => void parseNextLink(text)));
  expect(parseNextLink('<a>; rel=prev')).toBeUndefined();
});
