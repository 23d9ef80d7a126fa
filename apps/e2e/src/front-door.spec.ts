import { statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { isGone } from './process-tree';
import { admin, Suite, isOwnSuite } from './suite';

const testOfOwnSuite = isOwnSuite ? test : test.skip;

/** What the front door says to somebody who has no credentials. */
describe('RUN-1: the front door', () => {
  let suite: Suite;
  beforeAll(async () => {
    suite = await Suite.start({ NCR_ADMIN_PASSWORD: '' });
  }, 120_000);
  afterAll(() => suite?.stop());

  const get = (path: string): Promise<Response> => fetch(suite.url + path, { redirect: 'manual' });

  testOfOwnSuite(
    'ACC-1, RUN-1: the first start makes up a password, prints it, and keeps it where only its owner reads it',
    () => {
      const { password, installation } = suite;
      expect(password).toMatch(/^[a-z2-9-]{24,}$/);
      expect(installation.log).toContain(password);
      const file = statSync(join(installation.data, 'keys/admin-password'));
      expect(file.mode & 0o777).toBe(0o600);
    },
  );

  testOfOwnSuite(
    'ACC-1, RUN-1: a later start makes up no other password',
    async () => {
      await suite.restart();
      await suite.signIn(admin.account, suite.password);
    },
    60_000,
  );

  testOfOwnSuite('RUN-1: it prints its address, the login, and lines for docker', () => {
    const { log } = suite.installation;
    expect(log).toContain(`http://localhost:${suite.installation.port}/`);
    expect(log).toContain(admin.account);
    expect(log).toContain(`docker login localhost:${suite.installation.port}`);
    expect(log).toContain(`docker push localhost:${suite.installation.port}/`);
  });

  test('RUN-1, RUN-3: it says that it lives and that it is ready', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const response = await get(path);
      expect([path, response.status]).toEqual([path, 200]);
    }
  });

  test('RUN-1: the page at / shows how to log in, push and pull at this very address', async () => {
    const response = await get('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    const page = await response.text();
    for (const words of ['docker login', 'docker push', 'docker pull', 'helm push', 'oras push']) {
      expect(page).toContain(words);
    }
    expect(page).toContain(suite.host);
    const [, style = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(page) ?? [];
    expect((await get(style)).status).toBe(200);
  });

  test('RUN-3: the API describes itself: a page, and OpenAPI 3.1 with the paths that there are', async () => {
    const page = await get('/api/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const document = (await (await get('/api/docs.json')).json()) as { openapi: string; paths: Record<string, object> };
    expect(document.openapi).toMatch(/^3\.1\./);
    const paths = Object.keys(document.paths);
    for (const path of ['session', 'me', 'access-keys', 'accounts', 'registries', 'registries/{registry}']) {
      expect(paths).toContain(`/api/v1/${path}`);
    }
    expect(paths.filter((path) => path.startsWith('/internal'))).toEqual([]);
  });

  test('RUN-1: what does not exist is a problem document, and needs no login to be one', async () => {
    const response = await get('/api/v1/nothing-like-it');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  test('REG-2: an unknown host is refused', async () => {
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${suite.url}/v2/`, { headers: { host: 'registry.example.com' } });
      asked.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
      asked.end();
    });
    expect(status).toBe(421);
  });

  testOfOwnSuite(
    'RUN-1: asked to end, it ends with all its processes within seconds',
    async () => {
      const { installation } = suite;
      expect(installation.processes.length).toBeGreaterThan(2);
      const processes = installation.processes;
      const began = Date.now();
      await installation.end();
      expect(Date.now() - began).toBeLessThan(10_000);
      expect(processes.filter((pid) => !isGone(pid))).toEqual([]);
    },
    60_000,
  );
});
