import { RepositoryName } from '@ncr/oci';
import { RegistryRow } from './store/registries';

export type RepositoryAction = 'pull' | 'push' | 'delete';

/** Who asks, and what the token they hold lets them do; see `authorization.ts`. */
export interface Caller {
  /** The account's or robot's id; undefined for anonymous callers, who can only pull. */
  readonly id: string | undefined;
  /**
   * The registry of the repository, when it is the one that the token names: a registry deleted and created again under
   * the same name is another one (AC-11).
   */
  registryOf(repository: RepositoryName): Promise<RegistryRow | undefined>;
  may(action: RepositoryAction, repository: RepositoryName): boolean;
  /** Registries whose repositories a catalog shows; undefined means all. */
  readonly catalog: readonly string[] | undefined;
}
