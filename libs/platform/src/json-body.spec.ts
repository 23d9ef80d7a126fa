import { assert, jsonValue, object, property, string, tuple } from 'fast-check';
import { parseForm, parseJson } from './json-body';
import { isPlainTarget } from './path';
import { Problem } from './problem';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const wide = (keys: number) => JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, n])));

describe('a JSON body', () => {
  it('means what JSON.parse says it means, whenever it is accepted', () => {
    assert(
      property(jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        const hasProto = /"__proto__":/.test(text);
        if (!hasProto) expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('AC-76: is refused with any key twice in an object, however the key is spelt', () => {
    assert(
      property(tuple(string(), object()), ([key, value]) => {
        const text = `{"a":[{${JSON.stringify(key)}:1,"other":${JSON.stringify(value)},${JSON.stringify(key)}:2}]}`;
        expect(() => parseJson(text)).toThrow(Problem);
      }),
    );
    expect(() => parseJson('{"a":1,"\\u0061":2}')).toThrow('the key "a" twice');
    expect(parseJson('{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":"{\\"a\\":1,\\"a\\":2}"}')).toMatchObject({ a: { a: 1 } });
  });

  it.each(['{"__proto__":1}', '[{"\\u005f_proto__":{}}]', '{"a":{"__proto__":[]}}'])(
    'AC-05: is refused as %s',
    (text) => {
      expect(() => parseJson(text)).toThrow('__proto__');
    },
  );

  it('AC-53: is refused beyond 32 levels or 1000 keys', () => {
    expect(() => parseJson(nested(33))).toThrow('deeper than 32');
    expect(() => parseJson(wide(1001))).toThrow('more than 1000 keys');
    parseJson(nested(32));
    parseJson(wide(1000));
  });

  it('is refused when it is no JSON', () => {
    assert(
      property(string(), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (!isJson) expect(() => parseJson(text)).toThrow('not JSON');
      }),
    );
  });
});

describe('a form', () => {
  it('keeps repeated fields and harms no prototype', () => {
    expect({ ...parseForm('scope=a&scope=b+c&service=%C3%A9&empty=') }).toEqual({
      scope: ['a', 'b c'],
      service: 'é',
      empty: '',
    });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(parseForm('__proto__=x'))).toBeNull();
    expect(() => parseForm('a&'.repeat(1001))).toThrow('more than 1000 fields');
  });
});

describe('a request target', () => {
  it.each([
    '/',
    '/api/v1/registries/team',
    '/api/v1/registries/team/images/a%2Fb',
    '/x?next=//evil/../%2e',
    '/a-b_c.d~e',
    '/%E2%82%AC',
  ])('is plain as %s', (target) => expect(isPlainTarget(target)).toBe(true));

  it.each([
    '',
    '*',
    'http://evil/',
    '//api',
    '/api//v1',
    '/api/./v1',
    '/api/../v1',
    '/..',
    '/api/.',
    '/%2e%2e/x',
    '/%2E',
    '/%61pi',
    '/a\\b',
    '/a%5Cb',
    '/a%00',
    '/a%0d%0aX',
    '/a b',
    '/a	b',
    '/%',
    '/%zz',
    '/a#b',
    '/%41',
    '/%7e',
    '/%2d',
    '/%5f',
    '/%39',
  ])('AC-01: can be read in more than one way as %j', (target) => expect(isPlainTarget(target)).toBe(false));
});
