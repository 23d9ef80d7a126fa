import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Claims, InternalCallRefused, InternalClient, Problem, Revocations, TokenVerifier } from '@ncr/platform';
import { LRUCache } from 'lru-cache';

/** What a client proved who it is with. */
export interface ClientCredential {
  readonly kind: 'cookie' | 'basic';
  /** The cookie's value, or the whole `Authorization` header. */
  readonly text: string;
  /** The client's. */
  readonly address: string;
  /** Whether a person's name and password will do, too; they are checked each time. */
  readonly passwordToo: boolean;
}

/** What `auth` answers: `POST /internal/exchange`. */
export interface ManagementToken {
  readonly token: string;
  /** Of a session. */
  readonly csrfToken?: string;
}

interface Remembered extends ManagementToken {
  readonly claims: Claims;
}

/** Milliseconds for which what `auth` said is not asked again, unless something was revoked. */
const remembered = 60_000;

/**
 * Credentials and the management tokens they stand for. They are remembered under a MAC with a key of this process, so
 * that its memory holds no list of them, for a minute or until a revocation concerns them.
 */
@Injectable()
export class ExchangedCredentials {
  private readonly key = randomBytes(32);
  private readonly tokens = new LRUCache<string, Remembered>({ max: 10_000, ttl: remembered });
  private readonly asking = new Map<string, Promise<Remembered>>();
  /** Grows when something is forgotten; what was asked before that is not remembered. */
  private generation = 0;

  constructor(
    private readonly internal: InternalClient,
    private readonly verifier: TokenVerifier,
    private readonly revocations: Revocations,
  ) {}

  /** Throws `Problem` 401 for credentials that are wrong or over, 429, 503. */
  async exchange(credential: ClientCredential): Promise<ManagementToken> {
    if (credential.passwordToo) return this.ask(credential);
    const name = this.nameOf(credential);
    const known = this.tokens.get(name);
    if (known && this.revocations.allows(known.claims, [])) return known;
    const asked = this.asking.get(name) ?? this.askOnce(name, credential);
    return asked;
  }

  /** The session ended, or what it may do changed: it is asked for again. */
  forget(credential: ClientCredential): void {
    const name = this.nameOf(credential);
    this.generation++;
    this.tokens.delete(name);
    this.asking.delete(name);
  }

  private askOnce(name: string, credential: ClientCredential): Promise<Remembered> {
    const { generation } = this;
    const asked = this.ask(credential)
      .then((answer) => {
        if (generation === this.generation) this.tokens.set(name, answer);
        return answer;
      })
      .finally(() => {
        if (this.asking.get(name) === asked) this.asking.delete(name);
      });
    this.asking.set(name, asked);
    return asked;
  }

  private async ask({ kind, text, address, passwordToo }: ClientCredential): Promise<Remembered> {
    const body = { [kind]: text, address, ...(passwordToo && { passwordToo }) };
    const answer = await this.internal
      .call<ManagementToken>('auth', 'POST', '/internal/exchange', body)
      .catch(asProblem);
    await this.verifier.prepare(answer.token);
    return { ...answer, claims: this.verifier.verify(answer.token, 'management') };
  }

  private nameOf({ kind, text }: ClientCredential): string {
    return createHmac('sha256', this.key).update(`${kind} ${text}`).digest('base64');
  }
}

/** What `auth` refused is refused to the client in the same words. */
function asProblem(error: unknown): never {
  if (!(error instanceof InternalCallRefused)) throw error;
  const { code = 'unauthenticated', detail = 'the credentials are wrong', parameters } = error.problem;
  const seconds = parameters?.['seconds'];
  throw new Problem(error.status, code, detail, {
    ...(parameters && { parameters }),
    headers: seconds === undefined ? {} : { 'Retry-After': String(seconds) },
    cause: error,
  });
}
