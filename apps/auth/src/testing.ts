import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { outboxTables } from '@ncr/messaging';
import { Claims, defineService, defineSettings, InternalClient, TokenVerifier } from '@ncr/platform';
import { startService, TestService } from '@ncr/platform/testing';
import { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { auth } from './index';

export const adminPassword = 'correct horse battery';

class Outbox1700000000000 implements MigrationInterface {
  up(runner: QueryRunner): Promise<void> {
    return runner.query(outboxTables('registry'));
  }

  async down(): Promise<void> {}
}

@Module({})
class NothingModule {}

/** Stands for the service that owns registries: it publishes what a test publishes, and does nothing else. */
const registry = defineService({
  name: 'registry',
  module: NothingModule,
  entities: [],
  migrations: [Outbox1700000000000],
  settings: defineSettings({}),
});

/** The service in a process of its own, on a database and folder of its own. */
export class TestAuth {
  private constructor(readonly running: TestService) {}

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TestAuth> {
    return new TestAuth(
      await startService([auth, registry], { environment: { NCR_ADMIN_PASSWORD: adminPassword, ...environment } }),
    );
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
  async call(
    token: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Answer; headers: Headers }> {
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
  async signIn(
    account = 'admin@ncr.local',
    password = adminPassword,
  ): Promise<{ token: string; cookie: string; csrfToken: string }> {
    const { status, headers, body } = await this.call('', 'POST', 'session', { account, password });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    const cookie = /^ncr_session=([^;]+);/.exec(headers.get('set-cookie') ?? '')![1];
    return { cookie, token: await this.exchange(cookie), csrfToken: String(body['csrfToken']) };
  }

  /** A new account with these roles, and its management token. */
  async account(
    name: string,
    ...grants: { role: string; registryId?: string }[]
  ): Promise<{ id: string; token: string }> {
    const { token } = await this.signIn();
    const made = await this.call(token, 'POST', 'accounts', { name, password: adminPassword });
    for (const grant of grants) await this.call(token, 'POST', `accounts/${made.body['id']}/grants`, grant);
    return { id: String(made.body['id']), token: (await this.signIn(name)).token };
  }

  /** A new access key of the caller, as the header that it makes. */
  async key(token: string): Promise<{ id: string; secret: string; header: string }> {
    const { body } = await this.call(token, 'POST', 'access-keys', {});
    const [id, secret] = [String(body['id']), String(body['secret'])];
    return { id, secret, header: basic(id, secret) };
  }

  /** Tells of a registry as its owner does. */
  async registry(
    name: string,
    facts: { id?: string; anonymousPull?: boolean; version?: number; deleted?: boolean } = {},
  ): Promise<string> {
    const { id = randomUUID() } = facts;
    const body = { id, name, anonymousPull: false, version: 1, ...facts };
    await this.internal.call('auth', 'PUT', `/internal/registries/${id}`, body);
    return id;
  }

  /** A GET of the token endpoint. */
  async token(query: string, authorization?: string): Promise<{ status: number; body: Answer; headers: Headers }> {
    const answer = await this.fetch(`/token?${query}`, {
      headers: authorization === undefined ? {} : { authorization },
    });
    return { status: answer.status, body: (await answer.json()) as Answer, headers: answer.headers };
  }

  async exchange(cookie: string): Promise<string> {
    return (await this.internal.call<{ token: string }>('auth', 'POST', '/internal/exchange', { cookie })).token;
  }

  stop(): Promise<void> {
    return this.running.close();
  }
}

/** JSON of an answer; tests look at single fields of it. */
export type Answer = Readonly<Record<string, unknown>>;

export const basic = (user: string, secret: string): string =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
