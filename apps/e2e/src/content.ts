import { createHash, randomBytes } from 'node:crypto';

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** A descriptor as it stands in a manifest (image-spec, descriptor). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [field: string]: unknown;
}

/** Bytes with their descriptor. */
export interface Content {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

/** An image that can be pushed: blobs first. */
export interface Image {
  readonly blobs: readonly Content[];
  readonly manifest: Content;
}

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function content(mediaType: string, bytes: Buffer): Content {
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.length } };
}

export function jsonContent(mediaType: string, value: unknown): Content {
  return content(mediaType, Buffer.from(JSON.stringify(value)));
}

/** Bytes that were in no registry before, as a layer. */
export function freshLayer(size = 64): Content {
  return content(mediaTypes.layer, randomBytes(size));
}

/** An image of these layers with a config of its own; `more` stands in the manifest, too. */
export function image(
  layers: readonly Content[] = [freshLayer()],
  more: Readonly<Record<string, unknown>> = {},
): Image {
  const config = jsonContent(mediaTypes.config, {
    architecture: 'amd64',
    os: 'linux',
    created: new Date().toISOString(),
    config: { Labels: { unique: randomBytes(8).toString('hex') } },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.descriptor.digest) },
  });
  const manifest = jsonContent(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: config.descriptor,
    layers: layers.map((layer) => layer.descriptor),
    ...more,
  });
  return { blobs: [...layers, config], manifest };
}

/** An index of these manifests. */
export function index(manifests: readonly Descriptor[]): Content {
  return jsonContent(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
}
