import { Digest } from '@ncr/oci';

/** The `ETag` of content that a digest names: it never changes, so the tag is a strong one. */
export function entityTag(digest: Digest): string {
  return `"${digest.toString()}"`;
}

/**
 * Takes an `If-None-Match` header: a list of tags, weak, quoted or (as some clients send it) bare, or `*`. Says whether
 * the client already holds the content.
 */
export function alreadyHeld(ifNoneMatch: string, digest: Digest): boolean {
  const text = digest.toString();
  return ifNoneMatch.split(',').some((entry) => {
    const tag = entry.trim().replace(/^W\//, '');
    return tag === '*' || tag === text || tag === `"${text}"`;
  });
}
