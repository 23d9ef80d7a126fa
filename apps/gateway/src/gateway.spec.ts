import { randomUUID } from 'node:crypto';
import { Revocations } from '@ncr/platform';
import { TestService } from '@ncr/platform/testing';
import { FarSide, send, startGateway } from './testing';

describe('the gateway', () => {
  let running: TestService;
  let port: number;

  beforeAll(async () => {
    running = await startGateway();
    port = running.port;
  }, 60_000);
  afterAll(() => running.close());

  beforeEach(() => {
    FarSide.principals.clear();
    FarSide.exchanges = [];
  });

  /** Somebody with that cookie, or that `Authorization` header; each test has its own. */
  function someone(kind: 'cookie' | 'basic'): { id: string; credential: string; headers: Record<string, string> } {
    const id = randomUUID();
    const credential = kind === 'cookie' ? `ncrc_${id}` : `Basic ${Buffer.from(`${id}:secret`).toString('base64')}`;
    FarSide.principals.set(credential, id);
    return {
      id,
      credential,
      headers: kind === 'cookie' ? { cookie: `a=b; ncr_session=${credential}` } : { authorization: credential },
    };
  }

  const subjectOf = (authorization: string | undefined): unknown => {
    const body = authorization?.split('.')[1];
    return body && (JSON.parse(Buffer.from(body, 'base64url').toString()) as { sub: unknown }).sub;
  };

  it('puts a management token in place of an access key or a session cookie (ACC-2)', async () => {
    for (const kind of ['cookie', 'basic'] as const) {
      const { id, headers } = someone(kind);
      const { status, seen } = await send(port, ['GET', '/api/v1/me'], headers);
      expect(status).toBe(200);
      expect(seen.headers.authorization).toMatch(/^Bearer /);
      expect(subjectOf(seen.headers.authorization)).toBe(id);
      expect(seen.headers).not.toHaveProperty('cookie');
    }
  });

  it('remembers it, asks once for many at a time, and asks again after a revocation', async () => {
    const { id, headers } = someone('basic');
    await Promise.all(Array.from({ length: 10 }, () => send(port, ['GET', '/api/v1/me'], headers)));
    await send(port, ['GET', '/api/v1/me'], headers);
    expect(FarSide.exchanges).toHaveLength(1);
    const revocations = running.app.get(Revocations);
    jest.spyOn(revocations, 'allows').mockImplementation(({ sub }) => sub !== id);
    await send(port, ['GET', '/api/v1/me'], headers);
    jest.restoreAllMocks();
    expect(FarSide.exchanges).toHaveLength(2);
  });

  it('refuses a wrong access key, and treats a cookie that is over as none', async () => {
    const wrong = await send(port, ['GET', '/api/v1/me'], { authorization: 'Basic bm86bm8=' });
    expect([wrong.status, wrong.problem.code]).toEqual([401, 'credentials-wrong']);
    expect(wrong.headers['www-authenticate']).toContain('Basic');
    const over = await send(port, ['GET', '/api/v1/me'], { cookie: 'ncr_session=over' });
    expect(over.status).toBe(200);
    expect(over.seen.headers).not.toHaveProperty('authorization');
  });

  it('takes a name and password only where an access key is made, and asks each time', async () => {
    const { headers } = someone('basic');
    await send(port, ['POST', '/api/v1/access-keys'], headers);
    await send(port, ['POST', '/api/v1/access-keys'], headers);
    await send(port, ['GET', '/api/v1/accounts'], headers);
    expect(FarSide.exchanges.map(({ passwordToo }) => passwordToo)).toEqual([true, true, undefined]);
    expect(FarSide.exchanges[0]['address']).toBe('127.0.0.1');
  });

  it('lets a bearer token and the credentials of the token endpoint through as they are', async () => {
    const bearer = await send(port, ['GET', '/api/v1/me'], { authorization: 'Bearer abc' });
    expect(bearer.seen.headers.authorization).toBe('Bearer abc');
    const token = await send(port, ['GET', '/token?service=x'], {
      authorization: 'Basic bm86bm8=',
      cookie: 'ncr_session=x',
    });
    expect(token.seen).toMatchObject({ url: '/token?service=x', headers: { authorization: 'Basic bm86bm8=' } });
    expect(token.seen.headers).not.toHaveProperty('cookie');
    expect(FarSide.exchanges).toEqual([]);
  });

  it('forgets a session when it ends: its cookie opens nothing from the next request on (AC-64)', async () => {
    const { credential, headers } = someone('cookie');
    expect((await send(port, ['GET', '/api/v1/me'], headers)).seen.headers.authorization).toBeDefined();
    await send(port, ['DELETE', '/api/v1/session'], { ...headers, 'x-csrf-token': `csrf of ${credential}` });
    expect((await send(port, ['GET', '/api/v1/me'], headers)).seen.headers.authorization).toBeUndefined();
  });

  describe('cross-site request forgery (AC-67)', () => {
    it.each([
      ['no CSRF token', {}],
      ['a wrong one', { 'x-csrf-token': 'csrf of somebody else' }],
      ['an empty one', { 'x-csrf-token': '' }],
    ])('is refused: a change with the cookie and %s', async (_, more) => {
      const { headers } = someone('cookie');
      const first = await send(port, ['POST', '/api/v1/accounts'], { ...headers, ...more });
      const remembered = await send(port, ['POST', '/api/v1/accounts'], { ...headers, ...more });
      for (const { status, problem } of [first, remembered])
        expect([status, problem.code]).toEqual([403, 'csrf-token-wrong']);
    });

    it.each([
      ['another site', { 'sec-fetch-site': 'cross-site' }],
      ['another port of this host', { 'sec-fetch-site': 'same-site' }],
      ['a browser that tells only the origin', { origin: 'https://evil.example' }],
      ['a page without an origin', { origin: 'null' }],
    ])('is refused: a change from %s, with cookie, access key or none', async (_, more) => {
      const cookie = someone('cookie');
      for (const headers of [
        { ...cookie.headers, 'x-csrf-token': `csrf of ${cookie.credential}` },
        someone('basic').headers,
        {} as Record<string, string>,
      ]) {
        const answer = await send(port, ['POST', '/api/v1/session'], { ...headers, ...more });
        expect([answer.status, answer.problem.code]).toEqual([403, 'cross-site']);
      }
    });

    it('is not what our own pages and command lines do', async () => {
      const { credential, headers } = someone('cookie');
      const own = {
        ...headers,
        'x-csrf-token': `csrf of ${credential}`,
        'sec-fetch-site': 'same-origin',
        origin: `http://localhost:${port}`,
      };
      expect((await send(port, ['POST', '/api/v1/accounts'], own)).status).toBe(200);
      expect((await send(port, ['POST', '/api/v1/accounts'], someone('basic').headers)).status).toBe(200);
    });

    it('does not get a change through with a content type that a form can send', async () => {
      const { credential, headers } = someone('cookie');
      for (const type of ['text/plain', 'multipart/form-data', 'application/json+x']) {
        const change = { ...headers, 'x-csrf-token': `csrf of ${credential}`, 'content-type': type };
        expect((await send(port, ['PUT', '/api/v1/me/password'], change, '{}')).status).toBe(415);
      }
    });
  });

  it('keeps to itself what a client has no business telling a service (AC-75)', async () => {
    const forged = [
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'Forwarded',
      'X-Real-IP',
      'X-User-Id',
      'X_User_Id',
      'X-NCR-Principal',
      'Via',
    ];
    const headers = Object.fromEntries(forged.map((name) => [name, 'forged']));
    const { seen } = await send(port, ['GET', '/api/v1/me'], { ...headers, 'User-Agent': 'curl' });
    expect(JSON.stringify(seen.headers)).not.toContain('forged');
    expect(seen.headers['user-agent']).toBe('curl');
  });

  it('routes by a table: what is not in it does not exist', async () => {
    for (const path of [
      '/internal/jwks',
      '/internal/exchange',
      '/metrics',
      '/api/v1/nothing',
      '/nothing',
      '/assets/../package.json',
    ]) {
      expect([400, 404]).toContain((await send(port, ['GET', path])).status);
    }
    const elsewhere = await send(port, ['GET', '/api/v1/registries']);
    expect([elsewhere.status, elsewhere.problem.code]).toEqual([503, 'service-elsewhere']);
  });

  it('never answers with what a service says when the path is bent (AC-01)', async () => {
    const { headers } = someone('basic');
    for (const path of bent('/api/v1/me')) {
      const answer = await send(port, ['GET', path], headers);
      expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
    }
  });

  it('knows only its own hosts (AC-69)', async () => {
    expect((await send(port, ['GET', '/'], { host: 'evil.example' })).status).toBe(421);
    const answer = await send(port, ['GET', '/'], {
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('evil');
  });

  it('sets the headers that browsers heed (SR-11)', async () => {
    const { headers } = await send(port, ['GET', '/api/v1/me']);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      vary: 'Authorization, Cookie, Origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect((await send(port, ['GET', '/nothing'])).headers['x-content-type-options']).toBe('nosniff');
  });

  it('takes no more than 64 KiB of a body (AC-53)', async () => {
    const headers = { ...someone('basic').headers, 'content-type': 'application/json' };
    const answer = await send(port, ['POST', '/api/v1/accounts'], headers, JSON.stringify({ x: 'y'.repeat(65_536) }));
    expect(answer.status).toBe(413);
  });

  it('serves the documentation of the API', async () => {
    expect((await send(port, ['GET', '/api/docs.json'])).status).toBe(200);
    expect((await send(port, ['GET', '/api/docs'])).text).toContain('swagger');
  });
});

describe('the limits per address (SR-10)', () => {
  it('hold for logins, tokens and the API apart, and say when to come back', async () => {
    const running = await startGateway({ NCR_LOGIN_RATE: '2', NCR_TOKEN_RATE: '3', NCR_API_RATE: '4' });
    try {
      for (const [method, path, limit] of [
        ['POST', '/api/v1/session', 2],
        ['GET', '/token', 3],
        ['GET', '/api/v1/me', 4],
      ] as const) {
        for (let i = 0; i < limit; i++) expect((await send(running.port, [method, path])).status).toBe(200);
        const refused = await send(running.port, [method, path]);
        expect([refused.status, refused.problem.code]).toEqual([429, 'too-many-requests']);
        expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      }
    } finally {
      await running.close();
    }
  }, 60_000);
});

/** Ways to write a path so that one reader sees it and another does not. */
function bent(path: string): string[] {
  const [, first, ...rest] = path.split('/');
  const tail = rest.join('/');
  const encoded = `%${first.charCodeAt(0).toString(16)}${first.slice(1)}`;
  return [
    `/${path}`,
    `//${first}//${tail}`,
    `${path}/`,
    `${path}//`,
    `${path};x=1`,
    `/${first};x=1/${tail}`,
    `/${encoded}/${tail}`,
    `/${first.toUpperCase()}/${tail}`,
    path.toUpperCase(),
    `/./${first}/${tail}`,
    `/${first}/./${tail}`,
    `/x/../${first}/${tail}`,
    `/x/%2e%2e/${first}/${tail}`,
    `/${first}/%2e/${tail}`,
    `/${first}%2f${tail}`,
    `/${first}%2F${tail}`,
    `/${first}%5c${tail}`,
    `/${first}\\${tail}`,
    `/${first}%252f${tail}`,
    `${path}%00`,
    `${path}%0a`,
    `${path}%20`,
    `${path}%09`,
    `${path}.json`,
    `${path}%`,
    `${path}%zz`,
    `${path}#x`,
    `${path}~`,
    `http://localhost${path}`,
    `*`,
  ];
}
