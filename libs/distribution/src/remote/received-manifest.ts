import { createHash } from 'node:crypto';
import { IncomingHttpHeaders } from 'node:http';
import { Digest, isMediaType, mediaTypes, Reference, StoredManifest, Unknown, withoutParameters } from '@ncr/oci';

/** Registries that choose by `Accept` compare exact names, so all that matter are listed. */
export const acceptedManifests = [
  mediaTypes.imageIndex,
  mediaTypes.imageManifest,
  mediaTypes.dockerManifestList,
  mediaTypes.dockerManifest,
  '*/*',
].join(', ');

/** Holds bytes of another registry against the digest that was asked for, or else against the one it announced. */
export function receivedManifest(
  reference: Reference,
  headers: IncomingHttpHeaders,
  bytes: Uint8Array,
): StoredManifest {
  const named = reference instanceof Digest ? reference : announcedDigest(headers);
  const digest = sum(named ?? 'sha256', bytes);
  if (named !== undefined && !named.equals(digest)) {
    throw new Unknown('the registry sent other bytes than the digest names', { expected: named, actual: digest });
  }
  return { digest, mediaType: announcedMediaType(headers), bytes };
}

/** What HEAD says about a manifest; undefined where it says too little. */
export function describedManifest(
  reference: Reference,
  headers: IncomingHttpHeaders,
): { digest: Digest; mediaType: string; size: number } | undefined {
  const announced = announcedDigest(headers);
  const digest = reference instanceof Digest ? reference : announced;
  const size = Number(headers['content-length'] ?? NaN);
  if (digest === undefined || headers['content-type'] === undefined || !Number.isSafeInteger(size)) return undefined;
  if (announced?.algorithm === digest.algorithm && !announced.equals(digest)) {
    throw new Unknown('the registry names another digest than was asked for', { expected: digest, actual: announced });
  }
  return { digest, mediaType: announcedMediaType(headers), size };
}

/** The digest of a manifest, under the algorithm of another one or the one named. */
export function sum(algorithm: Digest | Digest['algorithm'], bytes: Uint8Array): Digest {
  const name = algorithm instanceof Digest ? algorithm.algorithm : algorithm;
  return Digest.of(name, createHash(name).update(bytes).digest('hex'));
}

/** Gives `Docker-Content-Digest`; throws `DigestInvalid` when it is not a digest. */
export function announcedDigest(headers: IncomingHttpHeaders): Digest | undefined {
  const text = headers['docker-content-digest'];
  return typeof text === 'string' ? Digest.parse(text) : undefined;
}

function announcedMediaType(headers: IncomingHttpHeaders): string {
  const mediaType = withoutParameters(headers['content-type'] ?? '');
  if (!isMediaType(mediaType)) throw new Unknown('the registry does not say what type the manifest has');
  return mediaType;
}
