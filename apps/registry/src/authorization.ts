import { RepositoryName, Unauthorized, Unavailable } from '@ncr/oci';
import { tokenService } from '@ncr/contracts';
import { Access, Route } from '@ncr/distribution';
import { Claims, originOf, Revocations, TokenVerifier } from '@ncr/platform';
import { IncomingMessage } from 'node:http';
import { BasicExchange } from './basic-exchange';
import { Caller, RepositoryAction } from './caller';
import { RegistryData } from './registry-data';
import { findRegistry, RegistryRow } from './store/registries';
import { StoredRegistry } from './stored-registry';
import { uploadStarted } from './upload-id';

/** What a request needs of its token: one of `any` on the repository; `scope` is what the challenge asks the client to get. */
interface Need {
  readonly repository: RepositoryName;
  readonly any: readonly RepositoryAction[];
  readonly scope: string;
}

/** Hours for which a token that ran out may finish the upload it began (design: "Answers"). */
const uploadGraceMs = 24 * 3600 * 1000;

/**
 * Who may use the data plane for what. Everything is decided on the route that the endpoint gets, from the token alone:
 * no other service is asked. Absent and forbidden look the same: 401 with the same challenge.
 */
export class Authorization {
  private readonly callers = new WeakMap<Claims, TokenCaller>();
  /** Version of the revocations that did not concern the token. */
  private readonly passed = new WeakMap<Claims, number>();

  constructor(
    private readonly data: RegistryData,
    private readonly verifier: TokenVerifier,
    private readonly revocations: Revocations,
    private readonly basic: BasicExchange,
  ) {}

  async authorize(request: IncomingMessage, route: Route): Promise<Access> {
    const need = needOf(route);
    const token = await this.tokenOf(request, scopesOf(route, need));
    if (token === undefined) throw challenge(request, scopesOf(route, need));
    const keys = this.verifier.prepare(token);
    if (keys) await keys;
    const claims = this.claimsOf(token, route);
    if (!claims) throw challenge(request, scopesOf(route, need), 'invalid_token');
    const caller = this.callerOf(claims);
    if (!(await caller.covers(route, need))) throw challenge(request, scopesOf(route, need), 'insufficient_scope');
    return { registry: caller.registry };
  }

  private async tokenOf(request: IncomingMessage, scopes: readonly string[]): Promise<string | undefined> {
    const header = request.headers.authorization ?? '';
    const space = header.indexOf(' ');
    const scheme = header.slice(0, space).toLowerCase();
    if (scheme === 'bearer') return header.slice(space + 1).trim();
    if (scheme !== 'basic') return undefined;
    return this.basic.token(header.slice(space + 1).trim(), scopes, request.socket.remoteAddress ?? '');
  }

  private claimsOf(token: string, route: Route): Claims | undefined {
    const started = route.kind === 'upload' ? uploadStarted(route.id) : undefined;
    const young = started && Date.now() - started.getTime() < uploadGraceMs;
    let claims: Claims;
    try {
      claims = this.verifier.verify(token, 'registry', young ? { expiredSince: started.getTime() / 1000 } : {});
    } catch {
      return undefined;
    }
    if (!this.revocations.fresh) {
      throw new Unavailable('revocations could not be checked for too long', undefined, { 'Retry-After': '10' });
    }
    return this.isRevoked(claims) ? undefined : claims;
  }

  /** Asked once per token and change of the revocations. */
  private isRevoked(claims: Claims): boolean {
    if (this.passed.get(claims) === this.revocations.version) return false;
    const { version } = this.revocations;
    if (!this.revocations.allows(claims, registriesOf(claims))) return true;
    this.passed.set(claims, version);
    return false;
  }

  private callerOf(claims: Claims): TokenCaller {
    const known = this.callers.get(claims);
    if (known) return known;
    const caller = new TokenCaller(claims, this.data);
    this.callers.set(claims, caller);
    return caller;
  }
}

/** The holder of a token. */
class TokenCaller implements Caller {
  readonly id: string | undefined;
  readonly catalog: readonly string[] | undefined;
  readonly registry: StoredRegistry;
  private readonly catalogAllowed: boolean;
  private readonly entries = new Map<string, { registry: string | null; actions: readonly string[] }>();

  constructor(
    claims: Claims,
    private readonly data: RegistryData,
  ) {
    this.id = claims.sub === '' ? undefined : claims.sub;
    this.catalog = claims.grants?.service === undefined ? Object.keys(claims.grants?.registries ?? {}) : undefined;
    const access = claims.access ?? [];
    this.catalogAllowed = access.some(
      ({ type, name, actions }) => type === 'registry' && name === 'catalog' && actions.includes('*'),
    );
    for (const entry of access) if (entry.type === 'repository') this.entries.set(entry.name, entry);
    this.registry = new StoredRegistry(data, this);
  }

  may(action: RepositoryAction, repository: RepositoryName): boolean {
    return this.entries.get(repository.toString())?.actions.includes(action) ?? false;
  }

  async registryOf(repository: RepositoryName): Promise<RegistryRow | undefined> {
    const { pool, caches } = this.data;
    const name = repository.registry;
    const registry = await caches.registries.get(name, () => findRegistry(pool, name));
    return registry?.id === this.entries.get(repository.toString())?.registry ? registry : undefined;
  }

  async covers(route: Route, need: Need | undefined): Promise<boolean> {
    if (route.kind === 'catalog') return this.catalogAllowed;
    if (!need) return true;
    if (!need.any.some((action) => this.may(action, need.repository))) return false;
    const registry = await this.registryOf(need.repository);
    if (registry) return this.id !== undefined || registry.anonymous_pull;
    const { pool, caches } = this.data;
    const name = need.repository.registry;
    const other = await caches.registries.get(name, () => findRegistry(pool, name));
    return other === undefined && this.entries.get(need.repository.toString())?.registry === null;
  }
}

function needOf(route: Route): Need | undefined {
  if (route.kind === 'base' || route.kind === 'catalog') return undefined;
  const { repository } = route;
  const scope = (actions: string): string => `repository:${repository.toString()}:${actions}`;
  if (route.kind === 'uploads' || route.kind === 'upload')
    return { repository, any: ['push'], scope: scope('pull,push') };
  switch (route.method) {
    case 'GET':
      // Lists tell a pusher what is there; content is for pullers alone (ROL-3).
      if (route.kind === 'tags' || route.kind === 'referrers')
        return { repository, any: ['pull', 'push'], scope: scope('pull') };
      return { repository, any: ['pull'], scope: scope('pull') };
    case 'HEAD':
      return { repository, any: ['pull', 'push'], scope: scope('pull') };
    case 'PUT':
      return { repository, any: ['push'], scope: scope('pull,push') };
    case 'DELETE':
      return { repository, any: ['delete'], scope: scope('delete') };
  }
}

function scopesOf(route: Route, need: Need | undefined): string[] {
  if (route.kind === 'catalog') return ['registry:catalog:*'];
  const source = route.kind === 'uploads' ? route.mount?.from : undefined;
  return [...(need ? [need.scope] : []), ...(source ? [`repository:${source.toString()}:pull`] : [])];
}

function registriesOf(claims: Claims): string[] {
  return (claims.access ?? []).flatMap(({ registry }) => (registry === null ? [] : [registry]));
}

/** The one challenge there is (protocol reference 2.1); `error` only where a token came with the request. */
function challenge(request: IncomingMessage, scopes: readonly string[], error?: string): Unauthorized {
  const origin = originOf(request);
  const parameters = [`realm="${origin}/token"`, `service="${tokenService}"`];
  if (scopes.length > 0) parameters.push(`scope="${scopes.join(' ')}"`);
  if (error !== undefined) parameters.push(`error="${error}"`);
  return new Unauthorized('authentication required', undefined, {
    'WWW-Authenticate': `Bearer ${parameters.join(',')}`,
  });
}
