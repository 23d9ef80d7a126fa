import { Digest, RepositoryName } from '@ncr/oci';
import { inTransaction } from '@ncr/platform';
import { Caller } from './caller';
import { RegistryData } from './registry-data';
import { findLinkedBlob, isBlobInRegistry, linkBlob } from './store/blobs';
import { RegistryRow, shareRegistry } from './store/registries';
import { ensureRepository, findRepository } from './store/repositories';
import { foreignKeyViolation, sqlState } from './store/sql';

interface Mount {
  readonly registry: RegistryRow;
  readonly repository: RepositoryName;
  readonly digest: Digest;
  readonly from?: RepositoryName | undefined;
}

/**
 * Links a blob that the caller may pull elsewhere. Undefined, and so an upload session, in every other case alike:
 * absent, suspect, or in a repository that the caller may not pull from (AC-08). Rights are held on whole registries:
 * who may pull here may pull all of this registry, whether or not the token names the source. So without `from`, any
 * repository of the registry serves.
 */
export async function mountBlob(
  data: RegistryData,
  caller: Caller,
  mount: Mount,
): Promise<{ digest: Digest } | undefined> {
  const { registry, repository, digest } = mount;
  if (!(await isMountable(data, caller, mount))) return undefined;
  try {
    const linked = await inTransaction(data.pool, async (tx) => {
      if (!(await shareRegistry(tx, registry.id))) return false;
      await linkBlob(tx, (await ensureRepository(tx, registry.id, repository.image)).id, digest);
      return true;
    });
    return linked ? { digest } : undefined;
  } catch (error) {
    if (sqlState(error) === foreignKeyViolation) return undefined;
    throw error;
  }
}

async function isMountable(data: RegistryData, caller: Caller, mount: Mount): Promise<boolean> {
  const { registry, repository, digest, from } = mount;
  const mayPullHere = caller.may('pull', repository);
  if (from === undefined) return mayPullHere && isBlobInRegistry(data.pool, registry.id, digest);
  const isSibling = mayPullHere && from.registry === repository.registry;
  const source = isSibling ? registry : caller.may('pull', from) ? await caller.registryOf(from) : undefined;
  const sourceRepository = source && (await findRepository(data.pool, source.id, from.image));
  return sourceRepository !== undefined && (await findLinkedBlob(data.pool, sourceRepository.id, digest)) !== undefined;
}
