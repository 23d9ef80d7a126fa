import { createHash, randomBytes } from 'node:crypto';

/** Bytes and their names. */
export interface Content {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly sha512: string;
}

export interface Manifest extends Content {
  readonly mediaType: string;
}

/** What is in a repository before a row begins: in `{repo}`, unless it says `{other}`. */
export type Given =
  | { readonly blob: Content; readonly algorithm?: 'sha512'; readonly in?: '{other}' }
  | { readonly manifest: Manifest; readonly as?: string; readonly in?: '{other}' };

export const imageManifest = 'application/vnd.oci.image.manifest.v1+json';
export const imageIndex = 'application/vnd.oci.image.index.v1+json';
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
export const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const emptyType = 'application/vnd.oci.empty.v1+json';

export function content(bytes: Buffer | string): Content {
  const all = Buffer.from(bytes);
  const hash = (algorithm: string) => `${algorithm}:${createHash(algorithm).update(all).digest('hex')}`;
  return { bytes: all, digest: hash('sha256'), sha512: hash('sha512') };
}

/** Bytes that no registry holds yet. */
export function unique(size = 64): Content {
  return content(randomBytes(size));
}

/** Content that nobody pushes. */
export const absent = unique();
export const empty = content('');
/** The well-known `{}` (image-spec `manifest.md`, "Guidance for an Empty Descriptor"). */
export const emptyObject = content('{}');

export function descriptor({ bytes, digest }: Content, mediaType: string, more: object = {}): object {
  return { mediaType, digest, size: bytes.length, ...more };
}

/** A manifest of these fields, byte for byte the same at every call. */
export function manifest(mediaType: string, fields: object): Manifest {
  return { ...content(JSON.stringify(fields, null, 2)), mediaType };
}

const config = unique();
const layer = unique(3000);

/** An image whose config and layer `imageBlobs` puts there; `more` overrides its fields. */
export function image(more: object = {}, mediaType = imageManifest): Manifest {
  return manifest(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: descriptor(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [descriptor(layer, layerType)],
    ...more,
  });
}

export const imageBlobs: readonly Given[] = [{ blob: config }, { blob: layer }];

export function index(children: readonly Manifest[], more: object = {}, mediaType = imageIndex): Manifest {
  const manifests = children.map((child) => descriptor(child, child.mediaType));
  return manifest(mediaType, { schemaVersion: 2, mediaType, manifests, ...more });
}

/** An image, together with everything that must be there before and itself. */
export function pushed(one: Manifest, as?: string): readonly Given[] {
  return [...imageBlobs, { manifest: one, ...(as !== undefined && { as }) }];
}
