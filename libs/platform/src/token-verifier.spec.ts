import { createHmac, generateKeyPairSync, sign as signWith } from 'node:crypto';
import { Claims } from './claims';
import { TestAuthority } from './testing';
import { InvalidToken, TokenVerifier } from './token-verifier';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (token: string, nth: 0 | 1) =>
  JSON.parse(Buffer.from(token.split('.')[nth], 'base64url').toString()) as object;

let authority: TestAuthority;
let now: number;
let fetches: number;
let verifier: TokenVerifier;
beforeEach(async () => {
  authority = new TestAuthority();
  now = Date.now();
  fetches = 0;
  verifier = new TokenVerifier({
    now: () => now,
    fetchKeys: () => {
      fetches++;
      return authority.keys();
    },
  });
  await verifier.refresh();
});

const usual = { alg: 'ES256', typ: 'registry-access+jwt', kid: 'current' };
const body = (): object => decode(authority.token('registry'), 1);
const verify = (token: string) => verifier.verify(token, 'registry');
const refusedAs = (token: string): string => {
  try {
    verify(token);
  } catch (error) {
    if (error instanceof InvalidToken) {
      expect(error.message).toBe('invalid token');
      return error.reason;
    }
  }
  return 'accepted';
};

const at = (claims: Partial<Claims>) => refusedAs(authority.token('registry', claims));

describe('a token', () => {
  it('is accepted with all that it says', () => {
    const access = [
      {
        type: 'repository' as const,
        name: 'team/app',
        registry: '6f7bd6c1-54ea-4cf1-9d0a-9d5d6a1f4f3e',
        actions: ['pull'],
      },
    ];
    const token = authority.token('registry', { access, iat: now / 1000 + 0.123 });
    expect(verify(token)).toMatchObject({ access, iat: now / 1000 + 0.123, principal: { kind: 'account' } });
    expect(verify(token)).toBe(verify(token));
  });

  it('may be anonymous', () => {
    const principal = { id: '', name: '', kind: 'anonymous' as const };
    expect(verify(authority.token('registry', { sub: '', principal }))).toMatchObject({ sub: '', principal });
  });

  it.each(['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'crit', 'b64', 'zip'])(
    'AC-22: is refused with %s in its header',
    (name) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const header = { ...usual, [name]: name === 'jwk' ? pair.publicKey.export({ format: 'jwk' }) : ['x'] };
      expect(refusedAs(authority.sign(header, body()))).toBe('header with more than alg, typ and kid');
      const text = `${part(header)}.${part(body())}`;
      const signature = signWith('sha256', Buffer.from(text), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
      expect(refusedAs(`${text}.${signature.toString('base64url')}`)).toBe('header with more than alg, typ and kid');
    },
  );

  it.each([
    'none',
    'None',
    'NONE',
    'HS256',
    'HS384',
    'HS512',
    'RS256',
    'PS256',
    'ES256K',
    'ES384',
    'ES512',
    'EdDSA',
    'es256',
    '',
    null,
    7,
    ['ES256'],
  ])('AC-23: is refused with the algorithm %j, however it is signed', (alg) => {
    const text = `${part({ ...usual, alg })}.${part(body())}`;
    const key = authority.publicKey();
    const secrets = [key.export({ format: 'pem', type: 'spki' }), JSON.stringify(key.export({ format: 'jwk' })), ''];
    for (const secret of secrets) {
      const mac = createHmac('sha256', secret).update(text).digest('base64url');
      expect(refusedAs(`${text}.${mac}`)).toBe('algorithm');
    }
    expect(refusedAs(`${text}.`)).toBe('not a JWS');
    expect(refusedAs(authority.sign({ ...usual, alg }, body()))).toBe('algorithm');
  });

  it('AC-23: is refused when it is no compact JWS, or changed anywhere', () => {
    const token = authority.token('registry');
    const [head, claims, signature] = token.split('.');
    const hostile = [
      '',
      '.',
      '..',
      '...',
      'a.b.c',
      'null',
      head,
      `${head}.${claims}`,
      `${head}.${claims}.`,
      `.${claims}.${signature}`,
      `${token}.x`,
      `${token}.${signature}.x`,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      `${head}.${claims}.AAAA`,
      `${head}.${claims}.${Buffer.alloc(64).toString('base64url')}`,
      `${part([])}.${claims}.${signature}`,
      `${part(null)}.${claims}.${signature}`,
      `${part('x')}.${claims}.${signature}`,
      `bm90IGpzb24.${claims}.${signature}`,
      `${head}.${part({
        ...body(),
        sub: 'x',
      })}.${signature}`,
      `${head}.${claims}.${'A'.repeat(2e4)}`,
      `${part({
        ...usual,
        alg: undefined,
      })}.${claims}.${signature}`,
      `${part({
        alg: 'dir',
        enc: 'A128GCM',
      })}..x.y.z`,
    ];
    for (const text of hostile) expect(refusedAs(text)).not.toBe('accepted');
  });

  it('AC-23: is refused with a signature in DER or by another key', () => {
    const [head, claims] = authority.token('registry').split('.');
    const text = Buffer.from(`${head}.${claims}`);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const foreign = signWith('sha256', text, { key: other, dsaEncoding: 'ieee-p1363' });
    expect(refusedAs(`${head}.${claims}.${foreign.toString('base64url')}`)).toBe('signature');
    authority.addKey('next');
    expect(refusedAs(authority.sign(usual, body(), 'next'))).toBe('signature');
  });

  it.each(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sub', 'principal'] as const)(
    'AC-24: is refused without %s',
    (name) => {
      expect(refusedAs(authority.sign(usual, { ...body(), [name]: undefined }))).toBe(`claims: ${name}`);
    },
  );

  it.each([
    ['iss', 'another installation'],
    ['aud', 'registry'],
    ['aud', ['both', 'of us']],
    ['exp', '9999999999'],
    ['exp', null],
    ['nbf', 'now'],
    ['iat', {}],
    ['jti', ''],
    ['principal', { id: 'x', name: 'x', kind: 'service' }],
    ['access', [{ type: 'repository', name: 'a/b', actions: ['pull'] }]],
    ['access', [{ type: 'repository', name: 'a/b', registry: 'a', actions: ['pull'] }]],
  ])('AC-24, AC-11: is refused with the wrong %s %j', (name, value) => {
    expect(refusedAs(authority.sign(usual, { ...body(), [name]: value }))).not.toBe('accepted');
  });

  it('AC-24: of one kind never passes for the other, also when it is remembered', () => {
    const [registry, management] = [authority.token('registry'), authority.token('management')];
    expect(refusedAs(management)).toBe('type');
    expect(refusedAs(authority.sign(usual, decode(management, 1)))).toBe('audience');
    verify(registry);
    expect(() => verifier.verify(registry, 'management')).toThrow(InvalidToken);
    for (const typ of ['JWT', 'refresh', undefined, 'registry-access+JWT']) {
      expect(refusedAs(authority.sign({ ...usual, typ }, body()))).toBe('type');
    }
  });

  it('AC-24: of another installation is refused although its key id is the same', async () => {
    expect(refusedAs(new TestAuthority().token('registry'))).toBe('signature');
    await Promise.resolve();
  });

  it('AC-25: with an unknown key makes us ask for keys once per 30 s at most, and drops nothing', async () => {
    const good = authority.token('registry');
    verify(good);
    now += 31_000;
    const [, claims, signature] = good.split('.');
    for (let n = 0; n < 10_000; n++) {
      expect(refusedAs(`${part({ ...usual, kid: `random-${n}` })}.${claims}.${signature}`)).toBe('unknown key');
    }
    await verifier.prepare(authority.sign({ ...usual, kid: 'another' }, body()));
    expect(fetches).toBe(2);
    verify(good);
    now += 31_000;
    await verifier.prepare(authority.sign({ ...usual, kid: 'another' }, body()));
    expect(fetches).toBe(3);
  });

  it('AC-25: signed just after a rotation passes when one waits for the new key', async () => {
    now += 31_000;
    authority.addKey('fresh');
    const token = authority.sign({ ...usual, kid: 'fresh' }, body(), 'fresh');
    await verifier.prepare(token);
    expect(verify(token)).toMatchObject({ aud: authority.audiences.registry });
  });

  it.each([
    '../../x',
    "' or 1=1",
    '',
    'a b',
    'a\u0000',
    'ä',
    'x'.repeat(65),
    'x'.repeat(1_000_000),
    7,
    null,
    ['current'],
  ])('AC-26: is refused with a key id of this kind before anything is looked up', (kid) => {
    expect(refusedAs(authority.sign({ ...usual, kid }, body()))).toMatch(/^(?:kid|too long)$/);
    expect(fetches).toBe(1);
  });

  it('AC-27: may be a minute ahead or over, and no more', () => {
    const seconds = now / 1000;
    expect(at({ iat: seconds + 59, nbf: seconds + 59 })).toBe('accepted');
    expect(at({ exp: seconds - 59 })).toBe('accepted');
    for (const claims of [
      { iat: seconds + 61 },
      { nbf: seconds + 61 },
      { nbf: seconds + 300, iat: seconds + 300 },
      { exp: seconds - 61 },
    ]) {
      expect(at(claims)).toContain('clock');
    }
  });

  it('is refused when it is over although it is remembered', () => {
    const token = authority.token('registry');
    verify(token);
    now += 361_000;
    expect(refusedAs(token)).toContain('over');
  });

  it('that is over passes for what began while it was good', () => {
    const token = authority.token('registry');
    now += 3_600_000;
    const began = (secondsAgo: number) => ({ expiredSince: now / 1000 - secondsAgo });
    expect(verifier.verify(token, 'registry', began(3500))).toMatchObject({ jti: expect.any(String) as string });
    expect(() => verifier.verify(token, 'registry', began(60))).toThrow(InvalidToken);
  });

  it('is forgotten when its key goes, and kept when keys are added', async () => {
    const token = authority.token('registry');
    verify(token);
    authority.addKey('next');
    await verifier.refresh();
    verify(token);
    authority.removeKey('current');
    await verifier.refresh();
    expect(refusedAs(token)).toBe('unknown key');
  });

  it('is refused while no keys are there', () => {
    const empty = new TokenVerifier({ fetchKeys: () => Promise.reject(new Error('away')) });
    expect(empty.ready).toBe(false);
    expect(() => empty.verify(authority.token('registry'), 'registry')).toThrow(InvalidToken);
  });
});
