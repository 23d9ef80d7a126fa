import { randomBytes } from 'node:crypto';
import type {
  CreateAccount,
  CreatedAccessKeyView,
  GrantView,
  ManagedAccountView,
  ProblemDocument,
  RegistryView,
  Role,
  SessionView,
} from '@ncr/contracts';

/** What stands for user and password in `docker login`. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/** An answer of the management API, with its body read. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** The management API answered something else than was wanted. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';

  constructor(
    request: string,
    readonly answer: Answer<unknown>,
  ) {
    super(`${request} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  get problem(): ProblemDocument {
    return this.answer.body as ProblemDocument;
  }
}

/** A signed-in person at the management API, as the console would be: a cookie and a CSRF token. */
export class Session {
  /** Newest first: what `cleanUp` deletes. */
  private readonly made: string[] = [];

  private constructor(
    private readonly url: string,
    readonly cookie: string,
    readonly view: SessionView,
  ) {}

  /** Throws `RequestRefused`. */
  static async signIn(url: string, account: string, password: string): Promise<Session> {
    const response = await fetch(`${url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account, password }),
    });
    const answer = await read<SessionView>(response);
    if (answer.status >= 300) throw new RequestRefused('POST session', answer);
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
    return new Session(url, cookies.join('; '), answer.body);
  }

  /** `path` is under `/api/v1/`. Any status is an answer. */
  async send<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: {
        cookie: this.cookie,
        'x-csrf-token': this.view.csrfToken,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return read<T>(response);
  }

  /** As {@link send}; gives the body. Throws `RequestRefused` for a status of 300 and above. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send<T>(method, path, body);
    if (answer.status >= 300) throw new RequestRefused(`${method} ${path}`, answer);
    return answer.body;
  }

  /** A name that no earlier run has used. */
  static freshName(prefix: string): string {
    return `${prefix}-${randomBytes(4).toString('hex')}`;
  }

  async createRegistry(name: string, options: { anonymousPull?: boolean } = {}): Promise<RegistryView> {
    const registry = await this.call<RegistryView>('POST', 'registries', { name, ...options });
    this.made.unshift(`registries/${name}?confirm=${name}`);
    return registry;
  }

  async createAccount(account: CreateAccount): Promise<ManagedAccountView> {
    const made = await this.call<ManagedAccountView>('POST', 'accounts', account);
    this.made.unshift(`accounts/${made.id}`);
    return made;
  }

  /** On the whole service when no registry is named. */
  grant(accountId: string, role: Role, registryId: string | null = null): Promise<GrantView> {
    return this.call('POST', `accounts/${accountId}/grants`, { role, registryId });
  }

  /** Of the signed-in account; one may have five. */
  async createAccessKey(description = 'end-to-end test'): Promise<AccessKey> {
    const key = await this.call<CreatedAccessKeyView>('POST', 'access-keys', { description });
    this.made.unshift(`access-keys/${key.id}`);
    return { id: key.id, secret: key.secret };
  }

  /** Deletes what was created in this session, for an installation that goes on. */
  async cleanUp(): Promise<void> {
    for (const path of this.made.splice(0)) await this.send('DELETE', path);
    await this.send('DELETE', 'session');
  }
}

async function read<T>(response: Response): Promise<Answer<T>> {
  const text = await response.text();
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
  const body = (isJson && text !== '' ? JSON.parse(text) : text) as T;
  return { status: response.status, headers: response.headers, body };
}
