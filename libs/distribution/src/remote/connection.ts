import { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { RegistryError, Unavailable, Unknown } from '@ncr/oci';
import { decodeError, RegistryErrorClass } from '../wire-error';
import { discardBody, readBody } from './body';
import { Authentication, AuthenticationOptions } from './credentials';

/** A request to the other registry. */
export interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the origin. */
  readonly path: string;
  /** What a token must cover, in the grammar of scopes. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream can be sent once: then the token must have been fetched before. */
  readonly body?: Uint8Array | Readable;
  /** Statuses that are a success; everything else is thrown. */
  readonly expect: readonly number[];
  /** The class for a 404, where that can mean one thing only. */
  readonly absent?: RegistryErrorClass;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

const redirects = new Set([301, 302, 303, 307, 308]);
const maximumRedirects = 5;
const errorLimit = 64 * 1024;

/** Speaks HTTP with one registry: authenticates, follows redirects of reads, turns refusals into errors. */
export class Connection {
  readonly origin: string;
  private readonly authentication: Authentication;

  constructor(private readonly options: AuthenticationOptions) {
    this.origin = new URL(options.origin).origin;
    this.authentication = new Authentication(options);
  }

  /** Gives a successful answer, whose body the caller must read or dump; throws the `RegistryError` of any other. */
  async send(ask: Ask): Promise<Reply> {
    let reply = await this.exchange(ask, await this.authentication.headerFor(ask.scope));
    if (reply.status === 401 && !(ask.body instanceof Readable)) {
      const challenge = [reply.headers['www-authenticate'] ?? ''].flat().join(', ');
      if (await this.authentication.learn(challenge, ask.scope)) {
        await discardBody(reply.body);
        reply = await this.exchange(ask, await this.authentication.headerFor(ask.scope));
      }
    }
    if (ask.expect.includes(reply.status)) return reply;
    const { status, headers } = reply;
    const body = await readBody(reply.body, errorLimit, () => new Unknown('the refusal is too long')).catch(() => '');
    throw decodeError({ status, headers, body: body.toString() }, ask.absent);
  }

  /** As {@link send}, where nothing is expected in the body. */
  async sendAndForget(ask: Ask): Promise<Omit<Reply, 'body'>> {
    const reply = await this.send(ask);
    await discardBody(reply.body);
    return reply;
  }

  /**
   * Takes a `Location` or a link of an answer to `path`, gives path and query of where it leads.
   * Throws `Unknown` when that is another origin, which must never see what we send (AC-31).
   */
  sameOrigin(location: string | undefined, path: string): string {
    const base = new URL(path, this.origin);
    const target = location !== undefined && URL.canParse(location, base.href) ? new URL(location, base) : undefined;
    if (target?.origin !== this.origin) throw new Unknown('the registry leads to another origin', { location });
    return target.pathname + target.search;
  }

  private async exchange(ask: Ask, authorization: string | undefined): Promise<Reply> {
    const readable = ask.method === 'GET' || ask.method === 'HEAD';
    let url = new URL(ask.path, this.origin);
    if (url.origin !== this.origin) throw new Unknown('not a path of this registry');
    for (let hop = 0; ; hop++) {
      const reply = await this.once(ask, url, url.origin === this.origin ? authorization : undefined);
      const location = reply.headers.location;
      if (!readable || !redirects.has(reply.status) || location === undefined) return reply;
      await discardBody(reply.body);
      url = redirected(location, url);
      if (hop >= maximumRedirects) throw new Unavailable('the registry redirects too often');
    }
  }

  private async once(ask: Ask, url: URL, authorization: string | undefined): Promise<Reply> {
    const { method, body } = ask;
    const headers = authorization === undefined ? { ...ask.headers } : { ...ask.headers, authorization };
    const options = { method, headers, body: body === undefined ? null : body, dispatcher: this.options.dispatcher };
    const answer = await request(url, options).catch((cause: unknown) => {
      if (cause instanceof RegistryError) throw cause;
      throw Object.assign(new Unavailable('the registry cannot be reached'), { cause });
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }
}

/** The next hop of a read; never from TLS to plain text. */
function redirected(location: string, from: URL): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const allowed = from.protocol === 'https:' ? ['https:'] : ['https:', 'http:'];
  if (target === undefined || !allowed.includes(target.protocol)) {
    throw new Unavailable('the registry redirects to where nobody can follow');
  }
  return target;
}
