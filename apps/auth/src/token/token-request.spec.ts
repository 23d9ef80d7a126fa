import * as fc from 'fast-check';
import { parseBasic, parseForm, parseQuery } from './token-request';

const service = 'ncr-registry';
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a Basic header (RFC 7617)', () => {
  it('gives back name and secret; the secret may hold colons', () => {
    fc.assert(
      fc.property(
        fc.string().filter((user) => !user.includes(':')),
        fc.string({ unit: 'grapheme' }),
        (user, secret) => {
          fc.pre(Buffer.from(secret).toString() === secret && Buffer.from(user).toString() === user);
          expect(parseBasic(basic(`${user}:${secret}`))).toEqual({ user, secret });
        },
      ),
    );
  });

  it.each(['', 'Basic', 'Basic %%%', `Bearer ${'x'.repeat(20)}`, basic('no colon')])(
    'is refused with 401: %j',
    (header) => {
      expect(() => parseBasic(header)).toThrow(expect.objectContaining({ status: 401 }));
    },
  );
});

describe('a request for a token', () => {
  it('by GET takes what docker login sends', () => {
    const query = new URLSearchParams('account=jane&client_id=docker&offline_token=true&service=ncr-registry');
    expect(parseQuery(query, basic('jane@example.com:secret'), service)).toEqual({
      pair: { user: 'jane@example.com', secret: 'secret' },
      scopes: [],
      offline: true,
    });
  });

  it('by GET without a header is anonymous', () => {
    const query = new URLSearchParams('service=ncr-registry&scope=repository:a/b:pull&scope=repository:c/d:pull');
    expect(parseQuery(query, undefined, service)).toMatchObject({
      scopes: [{ name: 'a/b' }, { name: 'c/d' }],
      offline: false,
    });
    expect(parseQuery(query, undefined, service)).not.toHaveProperty('pair');
  });

  it('by POST takes a password or a refresh token', () => {
    const form = (text: string) => parseForm(new URLSearchParams(`service=ncr-registry&client_id=x&${text}`), service);
    expect(form('grant_type=password&username=a&password=b:c&access_type=offline')).toEqual({
      pair: { user: 'a', secret: 'b:c' },
      scopes: [],
      offline: true,
    });
    expect(
      form('grant_type=refresh_token&refresh_token=r&scope=repository:a/b:pull repository:c/d:push'),
    ).toMatchObject({
      refreshToken: 'r',
      scopes: [{ name: 'a/b' }, { name: 'c/d' }],
      offline: false,
    });
  });

  it.each([
    ['grant_type=password&username=a', 'token-request-invalid'],
    ['grant_type=refresh_token', 'token-request-invalid'],
    ['grant_type=authorization_code', 'grant-type-unsupported'],
    ['username=a&password=b', 'token-request-invalid'],
    ['grant_type=password&username=a&password=b&service=weather', 'token-request-invalid'],
    ['grant_type=password&username=a&password=b&scope=nonsense', 'scope-invalid'],
  ])('by POST is refused with 400: %s', (text, code) => {
    expect(() => parseForm(new URLSearchParams(text), service)).toThrow(expect.objectContaining({ status: 400, code }));
  });
});
