/** Media types of the OCI image-spec and of Docker that decide how a manifest is read; anything else is only stored. */
export const mediaTypes = {
  imageManifest: 'application/vnd.oci.image.manifest.v1+json',
  imageIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  /** Docker schema 1, refused since its bytes are not content-addressable. */
  schema1: 'application/vnd.docker.distribution.manifest.v1+json',
  signedSchema1: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  /** What a blob is served as. */
  octetStream: 'application/octet-stream',
} as const;

/** What a media type says about the shape of a manifest: `other` is stored and served as it is. */
export type ManifestKind = 'image' | 'index' | 'other';

const kinds: ReadonlyMap<string, ManifestKind> = new Map([
  [mediaTypes.imageManifest, 'image'],
  [mediaTypes.dockerManifest, 'image'],
  [mediaTypes.imageIndex, 'index'],
  [mediaTypes.dockerManifestList, 'index'],
]);

/** Takes a media type without parameters, in any case (RFC 6838, 4.2). */
export function manifestKind(mediaType: string): ManifestKind {
  return kinds.get(mediaType.toLowerCase()) ?? 'other';
}

const restricted = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const grammar = new RegExp(`^${restricted}/${restricted}$`);

/** Whether the text is a media type of RFC 6838, 4.2, without parameters: safe to send as a header. */
export function isMediaType(text: string): boolean {
  return grammar.test(text);
}

/** `a/b; charset=utf-8` → `a/b`. */
export function withoutParameters(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim();
}

const nondistributable = [
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
  'application/vnd.docker.image.rootfs.foreign.diff.tar',
];

/** Layers that clients keep to themselves and fetch elsewhere: a manifest may name them without their being here. */
export function isNondistributable(mediaType: string): boolean {
  const text = mediaType.toLowerCase();
  return nondistributable.some((type) => text === type || text.startsWith(`${type}+`) || text.startsWith(`${type}.`));
}
