import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Revocations } from '@ncr/platform';
import { expectMigrationsMatchEntities, undecidedRoutes } from '@ncr/platform/testing';
import { AccessKey } from './access-key/access-key.entity';
import { FirstAdmin } from './account/first-admin';
import { auth as service } from './index';
import { SigningKey } from './signing/signing-key.entity';
import { SigningKeys } from './signing/signing-keys';
import { adminPassword, basic, TestAuth } from './testing';

it('the migrations of auth make exactly what its entities say', () => expectMigrationsMatchEntities(service), 60_000);

describe('the first start (ACC-1, AC-61)', () => {
  it('makes up a password, tells it once, and keeps it in a file for the owner alone until it is changed', async () => {
    const auth = await TestAuth.start({ NCR_ADMIN_PASSWORD: '', NCR_ADMIN: 'Root@Example.com' });
    try {
      const { name, password, file } = auth.running.app.get(FirstAdmin).created!;
      expect(name).toBe('root@example.com');
      expect(file).toBe(join(auth.running.folder, 'keys', 'admin-password'));
      expect(readFileSync(file!, 'utf8')).toBe(`${password}\n`);
      expect(statSync(file!).mode & 0o777).toBe(0o600);
      expect((await auth.signIn(name, password)).token).toBeTruthy();
      await auth.running.app.get(FirstAdmin).onApplicationBootstrap();
      expect(await auth.db.query('SELECT count(*)::int AS n FROM auth.account')).toEqual([{ n: 1 }]);
      expect(existsSync(file!)).toBe(true);

      const { token } = await auth.signIn(name, password);
      await auth.call(token, 'PUT', 'me/password', { currentPassword: password, newPassword: adminPassword });
      await auth.running.app.get(FirstAdmin).onApplicationBootstrap();
      expect(existsSync(file!)).toBe(false);
    } finally {
      await auth.stop();
    }
  }, 60_000);

  it('takes the password it is given, and writes it nowhere', async () => {
    const auth = await TestAuth.start();
    try {
      expect(auth.running.app.get(FirstAdmin).created).toEqual({ name: 'admin@ncr.local' });
      expect(existsSync(join(auth.running.folder, 'keys', 'admin-password'))).toBe(false);
    } finally {
      await auth.stop();
    }
  }, 60_000);

  it.each(['short', 'password1234'])('does not begin with the password %s', async (password) => {
    await expect(TestAuth.start({ NCR_ADMIN_PASSWORD: password })).rejects.toThrow('NCR_ADMIN_PASSWORD: must have 12');
  });
});

describe('auth', () => {
  let auth: TestAuth;
  let admin: { token: string; cookie: string; csrfToken: string };

  beforeAll(async () => {
    auth = await TestAuth.start();
    admin = await auth.signIn();
  }, 60_000);
  afterAll(() => auth.stop());

  it('decides for every route who may call it', () => {
    expect(undecidedRoutes(auth.running.app)).toEqual([]);
  });

  it('keeps no secret that opens anything (AC-62)', async () => {
    const key = await auth.key(admin.token);
    const { body } = await auth.token('service=ncr-registry&offline_token=true', key.header);
    const tables = ['account', 'access_key', 'session', 'refresh_token', 'signing_key', 'login_failure'];
    const dump = JSON.stringify(
      await Promise.all(
        tables.map((table) => auth.db.query(`SELECT row_to_json(t)::text AS row FROM auth.${table} t`)),
      ),
    );
    for (const secret of [adminPassword, key.secret, String(body['refresh_token']), admin.cookie]) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString('hex'));
    }
    const [signing] = await auth.db.manager.find(SigningKey);
    expect(signing.privateKey.includes(Buffer.from('06082a8648ce3d030107', 'hex'))).toBe(false);
  });

  it('has the same keys in every process, and signs on after a restart of one (SR-2)', async () => {
    const keys = auth.running.app.get(SigningKeys);
    const before = keys.jwks();
    expect(before.keys).toHaveLength(2);
    await Promise.all([keys.refresh(), keys.refresh()]);
    expect(keys.jwks()).toEqual(before);
  });

  describe('access keys (KEY-1)', () => {
    it('are at most five; the sixth is refused with a reason; deleting one frees its place at once', async () => {
      const { token } = await auth.account('five@example.com');
      const keys = [];
      for (let i = 0; i < 5; i++) keys.push(await auth.key(token));
      const sixth = await auth.call(token, 'POST', 'access-keys', { description: 'one more' });
      expect([sixth.status, sixth.body['code']]).toEqual([409, 'too-many-access-keys']);
      expect((await auth.call(token, 'DELETE', `access-keys/${keys[0].id}`)).status).toBe(204);
      expect((await auth.call(token, 'POST', 'access-keys', {})).status).toBe(201);
    });

    it('stay five when ten are asked for at once', async () => {
      const { id, token } = await auth.account('ten@example.com');
      const answers = await Promise.all(Array.from({ length: 10 }, () => auth.call(token, 'POST', 'access-keys', {})));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
      expect(await auth.db.manager.countBy(AccessKey, { accountId: id })).toBe(5);
    });

    it('show their secret once, to their owner alone', async () => {
      const { token } = await auth.account('owner@example.com');
      const key = await auth.key(token);
      const list = await auth.call(token, 'GET', 'access-keys');
      expect(list.body).toEqual({ items: [{ id: key.id, description: '', createdAt: expect.any(String) }] });
      expect((await auth.call(admin.token, 'DELETE', `access-keys/${key.id}`)).status).toBe(404);
      expect((await auth.token('service=ncr-registry', key.header)).status).toBe(200);
    });

    it('end with everything that was issued for them, and nothing else (TOK-1)', async () => {
      const { token } = await auth.account('leaver@example.com');
      const [key, other] = [await auth.key(token), await auth.key(token)];
      const login = await auth.token('service=ncr-registry&offline_token=true', key.header);
      const claims = auth.claims(String(login.body['token']));
      const others = auth.claims(String((await auth.token('service=ncr-registry', other.header)).body['token']));
      const revocations = auth.running.app.get(Revocations);
      expect(revocations.allows(claims, [])).toBe(true);
      await auth.call(token, 'DELETE', `access-keys/${key.id}`);
      expect((await auth.token('service=ncr-registry', key.header)).status).toBe(401);
      const form = {
        grant_type: 'refresh_token',
        refresh_token: String(login.body['refresh_token']),
        service: 'ncr-registry',
      };
      expect((await auth.fetch('/token', { method: 'POST', body: new URLSearchParams(form) })).status).toBe(401);
      await revocations.reload();
      expect(revocations.allows(claims, [])).toBe(false);
      expect(revocations.allows(others, [])).toBe(true);
    });
  });

  describe('revocations', () => {
    it('are numbered without gaps, and told to who asks for what comes after', async () => {
      const { token } = await auth.account('gaps@example.com');
      const keys = [await auth.key(token), await auth.key(token), await auth.key(token)];
      await Promise.all(keys.map(({ id }) => auth.call(token, 'DELETE', `access-keys/${id}`)));
      const all = await auth.internal.call<{ revocations: { seq: number }[] }>(
        'auth',
        'GET',
        '/internal/revocations?after=0',
      );
      const numbers = all.revocations.map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      const rest = await auth.internal.call<typeof all>(
        'auth',
        'GET',
        `/internal/revocations?after=${numbers.length - 1}`,
      );
      expect(rest.revocations).toEqual(all.revocations.slice(-1));
    });

    it('of a registry come with its deletion, once, however often and in what order the news arrives (AC-11)', async () => {
      const id = await auth.registry('doomed');
      const { header } = await auth.key(admin.token);
      const { body } = await auth.token('service=ncr-registry&scope=repository:doomed/app:pull', header);
      const count = async () =>
        (await auth.db.query<unknown[]>(`SELECT 1 FROM auth.revocation_log WHERE kind = 'registry' AND id = $1`, [id]))
          .length;
      await auth.registry('doomed', { id, version: 3, deleted: true });
      await auth.registry('doomed', { id, version: 3, deleted: true });
      await auth.registry('doomed', { id, version: 2 });
      expect(await count()).toBe(1);
      const revocations = auth.running.app.get(Revocations);
      await revocations.reload();
      expect(revocations.allows(auth.claims(String(body['token'])), [id])).toBe(false);
      const next = await auth.registry('doomed');
      const again = await auth.token('service=ncr-registry&scope=repository:doomed/app:pull', header);
      expect(auth.claims(String(again.body['token'])).access).toMatchObject([{ registry: next }]);
    });
  });

  describe('wrong passwords (SR-10, AC-57)', () => {
    const attempt = (account: string, password = 'wrong password') =>
      auth.call('', 'POST', 'session', { account, password });

    it('make the next attempt wait, and only for that name', async () => {
      await auth.account('victim@example.com');
      const answers = [];
      for (let i = 0; i < 6; i++) answers.push(await attempt('victim@example.com'));
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
      expect(Number(answers[5].headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await attempt('victim@example.com', adminPassword)).status).toBe(429);
      expect((await attempt('admin@ncr.local', adminPassword)).status).toBe(201);
      await auth.db.query(`UPDATE auth.login_failure SET last_at = last_at - interval '1 hour'`);
      const together = await Promise.all([1, 2, 3, 4].map(() => attempt('victim@example.com')));
      expect(together.map(({ status }) => status).sort((a, b) => a - b)).toEqual([401, 429, 429, 429]);
      await auth.db.query(`UPDATE auth.login_failure SET last_at = last_at - interval '1 hour'`);
      expect((await attempt('victim@example.com', adminPassword)).status).toBe(201);
    });

    it('say the same for a name that nobody has, after the same time', async () => {
      const timed = async (name: string): Promise<{ answer: unknown; time: number }> => {
        await auth.db.query('DELETE FROM auth.login_failure');
        const begin = performance.now();
        const { status, body } = await attempt(name);
        return { answer: [status, body['code'], body['detail']], time: performance.now() - begin };
      };
      const [known, unknown] = [[], []] as { answer: unknown; time: number }[][];
      for (let i = 0; i < 8; i++) {
        known.push(await timed('admin@ncr.local'));
        unknown.push(await timed('nobody@example.com'));
      }
      expect(known.map(({ answer }) => answer)).toEqual(unknown.map(({ answer }) => answer));
      const median = (list: { time: number }[]) => list.map(({ time }) => time).sort((a, b) => a - b)[4];
      expect(median(unknown)).toBeGreaterThan(median(known) / 2);
    });

    it('are hashed two at a time; beyond fifty that wait, the answer is 429', async () => {
      const names = Array.from({ length: 80 }, (_, i) => `burst${i}@example.com`);
      const answers = await Promise.all(names.map((name) => attempt(name)));
      const statuses = new Set(answers.map(({ status }) => status));
      expect([...statuses].sort((a, b) => a - b)).toEqual([401, 429]);
      expect(answers.find(({ status }) => status === 429)!.headers.get('retry-after')).toBe('2');
      expect((await auth.token('service=ncr-registry', basic('admin@ncr.local', adminPassword))).status).toBe(200);
    }, 30_000);
  });
});
