import { Digest } from '@ncr/oci';
import { Answer, emptyAnswer } from './answer';
import { CallFor } from './call';

/** end-9: by tag only the tag goes, by digest the manifest with its tags. */
export async function deleteManifest({ route, registry }: CallFor<'manifest'>): Promise<Answer> {
  if (route.reference instanceof Digest) await registry.deleteManifest(route.repository, route.reference);
  else await registry.deleteTag(route.repository, route.reference);
  return emptyAnswer(202);
}

/** end-10. */
export async function deleteBlob({ route, registry }: CallFor<'blob'>): Promise<Answer> {
  await registry.deleteBlob(route.repository, route.digest);
  return emptyAnswer(202);
}
