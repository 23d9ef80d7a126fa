import { Action, allows, Grants, Role } from '@ncr/contracts';
import { RepositoryName } from '@ncr/oci';
import { Scope } from './scope';

/** One entry of the claim `access`: the registry is named by its id, which no later registry of that name shares (AC-11). */
export interface AccessEntry {
  readonly type: 'repository' | 'registry';
  readonly name: string;
  /** Null where no registry has that name; only holders of a service-wide grant get such an entry (REG-6). */
  readonly registry: string | null;
  readonly actions: string[];
}

/** What `auth` knows of a registry that exists. */
export interface KnownRegistry {
  readonly id: string;
  readonly name: string;
  readonly anonymousPull: boolean;
}

/** Who asks: without grants, and anonymous or not. */
export interface Holder {
  readonly anonymous: boolean;
  readonly grants: Grants;
}

const repositoryActions = {
  pull: 'image.pull',
  push: 'image.push',
  delete: 'image.delete',
} as const satisfies Record<string, Action>;

/** The repository that a scope names, if it is one of the grammar; its first component is the registry to look up. */
export function repositoryOf(scope: Scope): RepositoryName | undefined {
  if (scope.type !== 'repository') return undefined;
  try {
    return RepositoryName.parse(scope.name);
  } catch {
    return undefined;
  }
}

/**
 * The part of what was asked that the holder is entitled to; undefined when that is nothing, whatever the reason
 * (AC-55: a registry that does not exist and one that the holder may not see give the same).
 * `registry` is the one that the scope's name begins with.
 */
export function entitled(scope: Scope, holder: Holder, registry: KnownRegistry | undefined): AccessEntry | undefined {
  if (scope.type === 'registry') {
    if (holder.anonymous || scope.name !== 'catalog' || scope.actions.length === 0) return undefined;
    return { type: 'registry', name: 'catalog', registry: null, actions: ['*'] };
  }
  if (!repositoryOf(scope)) return undefined;
  const { service, registries } = holder.grants;
  const held = [service, registry && registries[registry.id]].filter((role): role is Role => role !== undefined);
  const actions = Object.entries(repositoryActions)
    .filter(([word]) => scope.actions.includes(word) || scope.actions.includes('*'))
    .filter(([word, action]) => {
      if (word === 'pull' && registry?.anonymousPull) return true;
      return held.some((role) => allows(role, action));
    })
    .map(([word]) => word);
  if (actions.length === 0) return undefined;
  return { type: 'repository', name: scope.name, registry: registry?.id ?? null, actions };
}
