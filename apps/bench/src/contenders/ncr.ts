import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { bearerTokens } from './bearer';
import { repositories } from '../repositories';
import type { Contender } from './contender';
import { freePort, Server } from './server';

const account = 'admin@ncr.local';
const settings = 'the all-in-one as shipped with its own PostgreSQL, bearer token';

/**
 * This registry, as `npm start` runs it; takes the folder of the checkout, which has been built, and settings (`NCR_…`) that
 * differ from the default. Throws when it has not been built.
 */
export function ncr(root: string, changed: Record<string, string>): Contender {
  const program = join(root, 'dist/apps/all-in-one/src/main.js');
  if (!existsSync(program)) throw new Error(`${program} is missing: build all-in-one first, as "npm run bench" does`);
  const password = randomBytes(18).toString('base64url');
  const differing = Object.entries(changed).map(([name, value]) => `, ${name}=${value}`);
  return {
    name: 'ncr',
    description: `this checkout; ${settings}${differing.join('')}`,
    durability: 'fdatasync of the blob and a committed, flushed write-ahead log before 201',
    blobs: 'data/blobs',
    async start(folder) {
      const port = await freePort();
      const data = join(folder, 'data');
      mkdirSync(data, { mode: 0o711 }); // as above it: PostgreSQL may run as another account
      const own = { NCR_PORT: String(port), NCR_DATA: data, NCR_ADMIN_PASSWORD: password };
      return Server.start({ command: process.execPath, args: [program], env: { ...changed, ...own }, folder, port });
    },
    async login({ url }) {
      const session = await signIn(url, password);
      const [registry] = repositories.small.split('/');
      await session('registries', { name: registry });
      const { id, secret } = await session('access-keys', { description: 'benchmark' });
      return bearerTokens(url, `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`);
    },
  };
}

type Post = (resource: string, body: object) => Promise<Record<string, string>>;

/** Opens a session and gives the way to create things in it. */
async function signIn(url: string, password: string): Promise<Post> {
  const json = { 'content-type': 'application/json' };
  const post = async (resource: string, body: object, headers: Record<string, string>): Promise<Response> => {
    const response = await fetch(`${url}/api/v1/${resource}`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify(body),
    });
    if (response.ok) return response;
    throw new Error(`POST /api/v1/${resource} was answered with ${response.status}: ${await response.text()}`);
  };
  const opened = await post('session', { account, password }, {});
  const cookie = opened.headers.getSetCookie().map((line) => line.split(';')[0]);
  const { csrfToken } = (await opened.json()) as { csrfToken: string };
  const headers = { cookie: cookie.join('; '), 'x-csrf-token': csrfToken };
  return async (resource, body) => (await post(resource, body, headers)).json() as Promise<Record<string, string>>;
}
