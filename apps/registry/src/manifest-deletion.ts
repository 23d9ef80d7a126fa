import { manifestDeleted, tagDeleted } from '@ncr/contracts';
import { publish } from '@ncr/messaging';
import { Digest, ManifestUnknown, NameUnknown, RepositoryName } from '@ncr/oci';
import { deleteManifestRow, findManifestHead } from './store/manifests';
import { RegistryRow, shareRegistry } from './store/registries';
import { Tx } from './store/sql';
import { lockTags, removeTag, tagsOfManifest } from './store/tags';

/** Where something is deleted, and by whom. */
export interface DeletionPlace {
  readonly registry: RegistryRow;
  readonly repository: RepositoryName;
  readonly repositoryId: string;
  readonly principal: string;
}

/** Puts the manifest into the recycle bin and removes its tags; gives their names. Locks as `pushManifest` does. */
export async function deleteManifest(tx: Tx, place: DeletionPlace, digest: Digest): Promise<string[]> {
  const { repositoryId } = place;
  if (!(await shareRegistry(tx, place.registry.id))) throw new NameUnknown('registry was deleted');
  const row = await findManifestHead(tx, repositoryId, digest);
  if (!row || !(await deleteManifestRow(tx, repositoryId, digest))) throw new ManifestUnknown('manifest unknown');
  const candidates = await tagsOfManifest(tx, repositoryId, digest);
  await lockTags(tx, repositoryId, candidates);
  const tags = await tagsOfManifest(tx, repositoryId, digest);
  for (const tag of tags) {
    await removeTag(tx, repositoryId, tag);
    await publishTagDeleted(tx, place, tag, digest);
  }
  await publish(tx, manifestDeleted, place.repository.toString(), {
    ...factsOf(place),
    digest: digest.toString(),
    mediaType: row.media_type,
    size: row.size,
    tags,
  });
  return tags;
}

/** Removes the tag alone. */
export async function deleteTag(tx: Tx, place: DeletionPlace, tag: string): Promise<void> {
  if (!(await shareRegistry(tx, place.registry.id))) throw new NameUnknown('registry was deleted');
  await lockTags(tx, place.repositoryId, [tag]);
  const digest = await removeTag(tx, place.repositoryId, tag);
  if (!digest) throw new ManifestUnknown('tag unknown');
  await publishTagDeleted(tx, place, tag, digest);
}

async function publishTagDeleted(tx: Tx, place: DeletionPlace, tag: string, digest: Digest): Promise<void> {
  await publish(tx, tagDeleted, place.repository.toString(), { ...factsOf(place), tag, digest: digest.toString() });
}

function factsOf(place: DeletionPlace): { registryId: string; repository: string; principalId: string } {
  return {
    registryId: place.registry.id,
    repository: place.repository.toString(),
    principalId: place.principal,
  };
}
