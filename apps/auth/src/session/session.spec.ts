import { Revocations } from '@ncr/platform';
import { adminPassword, basic, TestAuth } from '../testing';

describe('sessions (ACC-2, AC-64)', () => {
  let auth: TestAuth;

  beforeAll(async () => {
    auth = await TestAuth.start();
  }, 60_000);
  afterAll(() => auth.stop());

  const signIn = (headers: Record<string, string> = {}) =>
    auth.fetch('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ account: 'admin@ncr.local', password: adminPassword }),
    });

  it('set a cookie that scripts cannot read and other sites cannot send', async () => {
    const answer = await signIn();
    expect(answer.status).toBe(201);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^ncr_session=ncrc_[0-9A-Za-z]{49}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect(await answer.json()).toEqual({
      account: { id: expect.any(String), name: 'admin@ncr.local', displayName: 'Administrator', locale: 'en' },
      csrfToken: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    });
  });

  it('set it for https only where the client came by https', async () => {
    const secure = await TestAuth.start({ NCR_PUBLIC_HOSTS: 'https://registry.example.com' });
    try {
      const { request } = await import('node:http');
      const body = JSON.stringify({ account: 'admin@ncr.local', password: adminPassword });
      const headers = {
        host: 'registry.example.com',
        'content-type': 'application/json',
        'content-length': String(body.length),
      };
      const cookie = await new Promise((resolve, reject) => {
        request({ port: secure.running.port, path: '/api/v1/session', method: 'POST', headers }, (answer) => {
          resolve(answer.headers['set-cookie']?.[0]);
          answer.resume();
        })
          .on('error', reject)
          .end(body);
      });
      expect(cookie).toContain('; Secure');
    } finally {
      await secure.stop();
    }
  }, 60_000);

  it('begin anew at every login, and end the one the client had', async () => {
    const before = await auth.signIn();
    const answer = await signIn({ cookie: `ncr_session=${before.cookie}` });
    expect(answer.headers.get('set-cookie')).not.toContain(before.cookie);
    await expect(auth.exchange(before.cookie)).rejects.toMatchObject({ status: 401 });
    const chosen = await signIn({ cookie: 'ncr_session=chosen-by-somebody' });
    expect(chosen.headers.get('set-cookie')).not.toContain('chosen-by-somebody');
    await expect(auth.exchange('chosen-by-somebody')).rejects.toMatchObject({ status: 401 });
  });

  it('end at sign-out: the cookie, and the token it was exchanged for', async () => {
    const { token, cookie } = await auth.signIn();
    const out = await auth.call(token, 'DELETE', 'session');
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toContain('ncr_session=; Path=/; Max-Age=0');
    await expect(auth.exchange(cookie)).rejects.toMatchObject({ status: 401 });
    await auth.running.app.get(Revocations).reload();
    expect((await auth.call(token, 'GET', 'me')).status).toBe(401);
  });

  it.each([
    ['half an hour without a request', 'seen_at', '31 minutes'],
    ['twelve hours', 'created_at', '12 hours 1 minute'],
  ])('end after %s', async (_, column, age) => {
    const { cookie } = await auth.signIn();
    await auth.db.query(`UPDATE auth.session SET ${column} = now() - $1::interval`, [age]);
    await expect(auth.exchange(cookie)).rejects.toMatchObject({ status: 401 });
  });

  it('are told who they are, with the CSRF token; an access key is not', async () => {
    const { token, csrfToken } = await auth.signIn();
    const me = await auth.call(token, 'GET', 'me');
    expect(me.body).toMatchObject({
      account: { name: 'admin@ncr.local' },
      grants: { service: 'project-admin' },
      csrfToken,
    });
    const key = await auth.key(token);
    const exchanged = await auth.internal.call<{ token: string }>('auth', 'POST', '/internal/exchange', {
      basic: key.header,
    });
    expect((await auth.call(exchanged.token, 'GET', 'me')).body).not.toHaveProperty('csrfToken');
  });

  it('of a person are not opened by their password in a Basic header, but where that is asked for', async () => {
    const ask = (more: object) =>
      auth.internal.call('auth', 'POST', '/internal/exchange', {
        basic: basic('admin@ncr.local', adminPassword),
        ...more,
      });
    await expect(ask({})).rejects.toMatchObject({ status: 401 });
    await expect(ask({ passwordToo: true })).resolves.toMatchObject({ expiresIn: 300 });
  });
});

describe('a new password', () => {
  let auth: TestAuth;

  beforeAll(async () => {
    auth = await TestAuth.start();
  }, 60_000);
  afterAll(() => auth.stop());

  it('ends what came from the old one, and leaves access keys alone (AC-64)', async () => {
    await auth.account('jane@example.com');
    const [here, elsewhere] = [await auth.signIn('jane@example.com'), await auth.signIn('jane@example.com')];
    const key = await auth.key(here.token);
    const byPassword = await auth.token(
      'service=ncr-registry&offline_token=true',
      basic('jane@example.com', adminPassword),
    );
    const byKey = await auth.token('service=ncr-registry&offline_token=true', key.header);

    const body = { currentPassword: adminPassword, newPassword: 'something else entirely' };
    const changed = await auth.call(here.token, 'PUT', 'me/password', body);
    expect(changed.status).toBe(200);
    const cookie = /^ncr_session=([^;]+);/.exec(changed.headers.get('set-cookie')!)![1];
    expect((await auth.call(await auth.exchange(cookie), 'GET', 'me')).status).toBe(200);

    for (const { cookie } of [here, elsewhere])
      await expect(auth.exchange(cookie)).rejects.toMatchObject({ status: 401 });
    const revocations = auth.running.app.get(Revocations);
    await revocations.reload();
    const isGood = (answer: typeof byKey) => revocations.allows(auth.claims(String(answer.body['token'])), []);
    const refresh = async (answer: typeof byKey) => {
      const form = {
        grant_type: 'refresh_token',
        refresh_token: String(answer.body['refresh_token']),
        service: 'ncr-registry',
      };
      return (await auth.fetch('/token', { method: 'POST', body: new URLSearchParams(form) })).status;
    };
    expect([isGood(byPassword), await refresh(byPassword)]).toEqual([false, 401]);
    expect([isGood(byKey), await refresh(byKey)]).toEqual([true, 200]);
    expect(
      (await auth.call('', 'POST', 'session', { account: 'jane@example.com', password: adminPassword })).status,
    ).toBe(401);
  });

  it('needs the old one, and must be a good one', async () => {
    const { token } = await auth.account('joe@example.com');
    const put = (currentPassword: string, newPassword: string) =>
      auth.call(token, 'PUT', 'me/password', { currentPassword, newPassword });
    expect((await put('wrong password', 'something else entirely')).status).toBe(403);
    const weak = await put(adminPassword, 'password1234');
    expect([weak.status, weak.body['code']]).toEqual([400, 'password-well-known']);
    expect((await auth.call(token, 'GET', 'me')).status).toBe(200);
  });
});
