import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@ncr/embedded/testing';
import { Claims, InternalClient, Running, serve, TokenVerifier } from '@ncr/platform';
import { DataSource } from 'typeorm';
import { auth } from './index';

export const adminPassword = 'correct horse battery';

/** The service alone in a process, on a database and folder of its own. */
export class TestAuth {
  private constructor(
    readonly running: Running,
    readonly folder: string,
    private readonly drop: () => Promise<void>,
  ) {}

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TestAuth> {
    const database = await testDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'ncr-auth-'));
    const key = join(folder, 'master-key');
    await writeFile(key, randomBytes(32).toString('base64'));
    const running = await serve([auth], {
      environment: {
        NCR_DATABASE_URL: database.url,
        NCR_DATA: folder,
        NCR_PORT: '0',
        NCR_MASTER_KEY_FILE: key,
        NCR_ADMIN_PASSWORD: adminPassword,
        NCR_LOG_LEVEL: 'error',
        ...environment,
      },
    });
    return new TestAuth(running, folder, database.drop);
  }

  get db(): DataSource {
    return this.running.app.get(DataSource);
  }

  get internal(): InternalClient {
    return this.running.app.get(InternalClient);
  }

  /** What a token says, checked as every service does. */
  claims(token: string, audience: 'registry' | 'management' = 'registry'): Claims {
    return this.running.app.get(TokenVerifier).verify(token, audience);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://localhost:${this.running.port}${path}`, { redirect: 'manual', ...init });
  }

  /** A request of the management API with a token, and its answer's body. */
  async call(token: string, method: string, path: string, body?: unknown): Promise<{ status: number; body: Answer; headers: Headers }> {
    const answer = await this.fetch(`/api/v1/${path}`, {
      method,
      headers: {
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Answer, headers: answer.headers };
  }

  /** The management token of somebody who signs in with a password. */
  async signIn(account = 'admin@ncr.local', password = adminPassword): Promise<{ token: string; cookie: string; csrfToken: string }> {
    const { status, headers, body } = await this.call('', 'POST', 'session', { account, password });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    const cookie = /^ncr_session=([^;]+);/.exec(headers.get('set-cookie') ?? '')![1]!;
    return { cookie, token: await this.exchange(cookie), csrfToken: String(body['csrfToken']) };
  }

  async exchange(cookie: string): Promise<string> {
    return (await this.internal.call<{ token: string }>('auth', 'POST', '/internal/exchange', { cookie })).token;
  }

  async stop(): Promise<void> {
    await this.running.close();
    await this.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** JSON of an answer; tests look at single fields of it. */
export type Answer = Readonly<Record<string, unknown>>;

export const basic = (user: string, secret: string): string => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
