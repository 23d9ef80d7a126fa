import * as fc from 'fast-check';
import { formatChallenge, parseChallenges } from './challenge';

const name = fc.constantFrom('realm', 'service', 'scope', 'error');
const parameters = fc.dictionary(name, fc.stringMatching(/^[\x20-\x7e]{0,20}$/), { minKeys: 1, noNullPrototype: true });
const challenge = fc.record({ scheme: fc.constantFrom('Bearer', 'Basic', 'DPoP'), parameters });

test('challenges are parsed back, several in one header, whatever is quoted in them', () => {
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 3 }), (challenges) => {
      const header = challenges.map(({ scheme, parameters }) => formatChallenge(scheme, parameters)).join(', ');
      expect(
        parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })),
      ).toEqual(challenges.map(({ scheme, parameters }) => ({ scheme: scheme.toLowerCase(), parameters })));
    }),
  );
});

test.each([
  ['Bearer realm=https', [['bearer', { realm: 'https' }]]],
  ['Bearer realm = "a" , SERVICE="b"', [['bearer', { realm: 'a', service: 'b' }]]],
  [
    'Negotiate YWJj==, Basic realm="x"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  [
    'Negotiate, Bearer realm="x"',
    [
      ['negotiate', {}],
      ['bearer', { realm: 'x' }],
    ],
  ],
  ['Bearer realm="a",__proto__="b"', [['bearer', { realm: 'a', ['__proto__']: 'b' }]]],
  ['', []],
  ['"nonsense"', []],
])('%s', (header, expected) => {
  expect(parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.entries(parameters)])).toEqual(
    expected.map(([scheme, parameters]) => [scheme, Object.entries(parameters as object)]),
  );
});

test('no text breaks the parser', () => {
  const soup = fc.array(fc.constantFrom('Bearer', ' ', '=', '"', ',', '\\', 'a', '==')).map((all) => all.join(''));
  fc.assert(fc.property(fc.oneof(fc.string(), soup), (text) => void parseChallenges(text)));
});
