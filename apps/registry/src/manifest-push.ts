import { manifestPushed, tagCreated, tagMoved } from '@ncr/contracts';
import { publish } from '@ncr/messaging';
import {
  contentReferences,
  Digest,
  Manifest,
  ManifestBlobUnknown,
  ManifestInvalid,
  NameUnknown,
  RepositoryName,
} from '@ncr/oci';
import { RegistrySettings } from './registry.config';
import { lockLinkedBlobs } from './store/blobs';
import { insertManifest, insertReferences, lockChildManifests } from './store/manifests';
import { RegistryRow, shareRegistry } from './store/registries';
import { ensureRepository } from './store/repositories';
import { digestBytes, sortedDigestBytes, Tx } from './store/sql';
import { lockTags, setTag } from './store/tags';

/** A manifest that was read and whose digest was checked, on its way into a repository. */
export interface ManifestPush {
  readonly registry: RegistryRow;
  readonly repository: RepositoryName;
  readonly manifest: Manifest;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly tags: readonly string[];
  readonly principal: string;
}

/** What a manifest refers to and what of it is here. */
interface Content {
  readonly depth: number;
  readonly linked: Set<string>;
  readonly children: Map<string, number>;
}

/**
 * Stores the manifest, its references, its tags and their events in the caller's transaction; gives the repository's id.
 * Lock order, the same in every change: the registry (shared), manifest rows, tags by name, links by digest; only behind
 * these are tags read and decided. Throws `NameUnknown`, `ManifestBlobUnknown`, `ManifestInvalid`.
 */
export async function pushManifest(tx: Tx, push: ManifestPush, settings: RegistrySettings): Promise<string> {
  if (!(await shareRegistry(tx, push.registry.id))) throw new NameUnknown('registry was deleted');
  const { id } = await ensureRepository(tx, push.registry.id, push.repository.image);
  const children = await lockChildManifests(tx, id, childrenOf(push.manifest));
  const depth = 1 + Math.max(0, ...children.values());
  if (depth > settings.NCR_MAX_INDEX_DEPTH) {
    throw new ManifestInvalid(`indexes may be ${settings.NCR_MAX_INDEX_DEPTH} levels deep at most`, { depth });
  }
  const { manifest, digest, bytes, principal } = push;
  const row = { ...manifest, subject: manifest.subject?.digest, digest, bytes, depth, pushedBy: principal };
  if (!(await insertManifest(tx, id, row))) throw new ManifestInvalid('these bytes are here under another media type');
  await lockTags(tx, id, push.tags);
  const linked = await lockLinkedBlobs(tx, id, sortedDigestBytes(referencedDigests(manifest)));
  await insertReferences(tx, id, digest, checkedReferences(manifest, { depth, linked, children }, settings));
  await moveTags(tx, id, push);
  await publishPush(tx, push);
  return id;
}

function childrenOf(manifest: Manifest): Digest[] {
  return manifest.manifests.map(({ digest }) => digest);
}

function referencedDigests(manifest: Manifest): Digest[] {
  return contentReferences(manifest).map(({ descriptor }) => descriptor.digest);
}

/**
 * Config and layers must be linked here; a child of an index must be a manifest or, as in BuildKit's cache, a blob of
 * this repository, unless sparse indexes are allowed. What is not required and not here leaves no row.
 */
function checkedReferences(
  manifest: Manifest,
  content: Content,
  settings: RegistrySettings,
): { blobs: Buffer[]; children: Digest[] } {
  const blobs = new Map<string, Buffer>();
  const children: Digest[] = [];
  const missing: Digest[] = [];
  for (const { role, descriptor, required } of contentReferences(manifest)) {
    const digest = descriptor.digest;
    const key = digest.toString();
    const optional = !required || (role === 'child' && settings.NCR_SPARSE_INDEXES);
    if (content.linked.has(key)) blobs.set(key, digestBytes(digest));
    else if (role === 'child' && (optional || content.children.has(key))) children.push(digest);
    else if (!optional) missing.push(digest);
  }
  if (missing.length > 0) {
    throw new ManifestBlobUnknown('the manifest refers to content that is not in this repository', { missing });
  }
  return { blobs: [...blobs.values()], children };
}

async function moveTags(tx: Tx, repositoryId: string, push: ManifestPush): Promise<void> {
  const key = push.repository.toString();
  for (const name of push.tags) {
    const { before } = await setTag(tx, repositoryId, { name, digest: push.digest }, push.principal);
    const facts = { ...repositoryFacts(push), tag: name, digest: push.digest.toString() };
    if (before === undefined) await publish(tx, tagCreated, key, facts);
    else if (!before.equals(push.digest)) await publish(tx, tagMoved, key, { ...facts, previous: before.toString() });
  }
}

async function publishPush(tx: Tx, push: ManifestPush): Promise<void> {
  await publish(tx, manifestPushed, push.repository.toString(), {
    ...repositoryFacts(push),
    digest: push.digest.toString(),
    mediaType: push.manifest.mediaType,
    size: push.bytes.length,
    tags: [...push.tags],
  });
}

function repositoryFacts(push: ManifestPush): { registryId: string; repository: string; principalId: string } {
  return { registryId: push.registry.id, repository: push.repository.toString(), principalId: push.principal };
}
