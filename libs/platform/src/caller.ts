import { Action, allows, Grants, Role, scopeOf } from '@ncr/contracts';
import { createParamDecorator, ExecutionContext } from '@nestjs/common';
import { Claims } from './claims';

/** Who makes a request of the management API, and what they hold. */
export class Caller {
  /** Nobody signed in. */
  static readonly anonymous = new Caller({ id: '', name: '', kind: 'anonymous' }, { registries: {} });

  constructor(
    private readonly principal: Claims['principal'],
    readonly grants: Grants,
    /** The access key that they signed in with, if any. */
    readonly key?: string,
  ) {}

  static of(claims: Claims): Caller {
    return new Caller(claims.principal, claims.grants ?? { registries: {} }, claims.key);
  }

  get id(): string {
    return this.principal.id;
  }

  get name(): string {
    return this.principal.name;
  }

  get kind(): 'account' | 'anonymous' | 'robot' {
    return this.principal.kind;
  }

  /** The role on the whole service, or the one that was granted on this registry alone. */
  role(registryId?: string): Role | undefined {
    return registryId === undefined ? this.grants.service : this.grants.registries[registryId];
  }

  /** Ids of the registries that a role was granted on alone. */
  get grantedRegistries(): readonly string[] {
    return Object.keys(this.grants.registries);
  }

  /** Whether the caller may do it: on this registry, or without an id, on the whole service. */
  can(action: Action, registryId?: string): boolean {
    if (scopeOf(action) === 'own') return this.kind !== 'anonymous';
    const held = [this.grants.service, registryId === undefined ? undefined : this.grants.registries[registryId]];
    return held.some((role) => role !== undefined && allows(role, action));
  }

  /** Whether there is anything that the caller may do it on; which things, the handler must filter by. */
  canSomewhere(action: Action): boolean {
    return (
      this.can(action) || (scopeOf(action) === 'registry' && this.grantedRegistries.some((id) => this.can(action, id)))
    );
  }
}

/** What the guards note on Nest's request. */
export interface DecidedRequest {
  caller?: Caller;
  isService?: boolean;
  registryId?: string;
}

/** Gives a controller's method the {@link Caller}; the anonymous one on public routes. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller =>
    context.switchToHttp().getRequest<DecidedRequest>().caller ?? Caller.anonymous,
);

/** Gives a controller's method the id of the registry that stands in its path as `:registry`, by name or id. */
export const CurrentRegistry = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { registryId } = context.switchToHttp().getRequest<DecidedRequest>();
  if (registryId === undefined) throw new Error('the path of this route has no :registry');
  return registryId;
});
