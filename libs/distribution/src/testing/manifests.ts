import {
  absent,
  content,
  descriptor,
  dockerList,
  dockerManifest,
  emptyObject,
  emptyType,
  Given,
  image,
  imageBlobs,
  imageManifest,
  index,
  Manifest,
  manifest,
  pushed,
  unique,
} from './content';
import { Details, Row, row, Section, Step, step } from './row';

/** A push by tag or digest, and what docker, ggcr and oras demand of its answer. */
export function put(one: Manifest, as: string, details: Details = {}): Step {
  return step(`PUT /v2/{repo}/manifests/${as}`, 201, {
    body: one.bytes,
    gives: {
      Location: '/v2/{repo}/manifests/*',
      'Docker-Content-Digest': one.digest,
      'OCI-Subject': null,
      'OCI-Tag': null,
    },
    ...details,
    headers: { 'Content-Type': one.mediaType, ...details.headers },
  });
}

/** The `Location` of the push before is the manifest, byte for byte. */
export function same({ bytes, mediaType, digest }: Manifest, as = digest): Step {
  return step('GET {location}', 200, {
    gives: { 'Content-Type': mediaType, 'Content-Length': String(bytes.length), 'Docker-Content-Digest': as },
    content: bytes,
  });
}

function accepts(says: string, one: Manifest, before: readonly Given[] = imageBlobs, details: Details = {}): Row {
  return row(`accepts ${says}`, before, put(one, 'v1', details), same(one), put(one, one.digest, details), same(one));
}

const one = image();
const two = image({ annotations: { number: 'two' } });
const wasm = unique();
const subject = { mediaType: imageManifest, digest: absent.digest, size: 64 };
const artifact = manifest(imageManifest, {
  schemaVersion: 2,
  mediaType: imageManifest,
  artifactType: 'application/vnd.example+type',
  config: descriptor(emptyObject, emptyType, { data: 'e30=' }),
  layers: [descriptor(wasm, 'application/wasm')],
});

function foreign(mediaType: string, more: object = {}): Manifest {
  return image({ layers: [descriptor(absent, mediaType, more)] });
}

/** A manifest of exactly this many bytes. */
export function ofSize(bytes: number): Manifest {
  const frame = image({ annotations: { filler: '' } }).bytes.length;
  return image({ annotations: { filler: 'A'.repeat(bytes - frame) } });
}

const large = Object.fromEntries(
  Array.from({ length: 390 }, (_, at) => [`large-annotation-${at}`, 'A'.repeat(10_000)]),
);
const urls = ['https://store.example.com/blobs/1'];

const kinds: readonly Row[] = [
  accepts('an image', one),
  accepts('an image of Docker', image({}, dockerManifest)),
  accepts('an image without mediaType', image({ mediaType: undefined })),
  accepts('an image without layers', image({ layers: [] })),
  accepts(
    'an image with fields that nobody knows, and keeps them',
    image({ 'org.example': { deep: [1, { x: null }] } }),
  ),
  accepts('an image with data in its descriptors', artifact, [{ blob: emptyObject }, { blob: wasm }]),
  accepts(
    'an artifact without content of its own',
    manifest(imageManifest, {
      schemaVersion: 2,
      mediaType: imageManifest,
      artifactType: 'a/b',
      config: descriptor(emptyObject, emptyType),
      layers: [descriptor(emptyObject, emptyType)],
    }),
    [{ blob: emptyObject }],
  ),
  accepts('an image with unusual white space', {
    ...content(`\n\t${one.bytes.toString().replaceAll('\n', '\r\n  ')} \n`),
    mediaType: imageManifest,
  }),
  accepts('an image of 3.9 MB (390 annotations of 10 kB)', image({ annotations: large })),
  accepts('OCI-1: a manifest of 4 MiB to the byte', ofSize(4 * 1024 * 1024)),
  accepts('an index', index([one, two]), [...imageBlobs, { manifest: one }, { manifest: two }]),
  accepts(
    'a manifest list of Docker',
    index([image({}, dockerManifest)], {}, dockerList),
    pushed(image({}, dockerManifest)),
  ),
  accepts('an index without children', index([]), []),
  accepts('an index of indexes', index([index([one]), index([two])]), [
    ...imageBlobs,
    { manifest: one },
    { manifest: two },
    { manifest: index([one]) },
    { manifest: index([two]) },
  ]),
  accepts(
    'an index of blobs (the cache of BuildKit)',
    index([{ ...wasm, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }]),
    [{ blob: wasm }],
  ),
  accepts(
    'a layer that is kept elsewhere',
    foreign('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', { urls }),
  ),
  accepts(
    'an uncompressed layer that is kept elsewhere',
    foreign('application/vnd.oci.image.layer.nondistributable.v1.tar'),
  ),
  accepts(
    'a foreign layer of Docker',
    image(
      { layers: [descriptor(absent, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', { urls })] },
      dockerManifest,
    ),
  ),
  accepts('a layer of a media type that nobody knows', image({ layers: [descriptor(wasm, 'application/x.new')] }), [
    ...imageBlobs,
    { blob: wasm },
  ]),
  accepts(
    'OCI-4: a manifest of a media type that nobody knows',
    manifest('application/vnd.example.manifest.v9+json', { any: ['thing'] }),
    [],
  ),
  accepts(
    'OCI-4: a manifest that is not even JSON',
    { ...unique(500), mediaType: 'application/vnd.example.binary' },
    [],
  ),
  accepts(
    'OCI-4: the former artifact manifest',
    manifest('application/vnd.oci.artifact.manifest.v1+json', {
      mediaType: 'application/vnd.oci.artifact.manifest.v1+json',
      artifactType: 'a/b',
      blobs: [descriptor(wasm, 'application/wasm')],
    }),
    [{ blob: wasm }],
  ),
];

const mediaTypes: readonly Row[] = [
  accepts('parameters of the Content-Type, and drops them', one, imageBlobs, {
    headers: { 'Content-Type': `${imageManifest}; charset=utf-8` },
  }),
  row(
    'takes the type from the manifest when the request has none',
    imageBlobs,
    { ...put(one, 'v1'), headers: {} },
    same(one),
  ),
  row('takes a manifest in chunked transfer encoding', imageBlobs, put(one, 'v1', { framing: 'chunked' }), same(one)),
];

const subjects: readonly Row[] = [
  row(
    'says OCI-Subject for an image with a subject that is there',
    pushed(one),
    put(image({ subject: descriptor(one, imageManifest) }), 'v1', { gives: { 'OCI-Subject': one.digest } }),
  ),
  row(
    'says OCI-Subject for an image with a subject that is not there (yet)',
    imageBlobs,
    put(image({ subject }), 'v1', { gives: { 'OCI-Subject': absent.digest } }),
    same(image({ subject })),
  ),
  row(
    'says OCI-Subject for an index with a subject',
    [],
    put(index([], { subject }), 'v1', { gives: { 'OCI-Subject': absent.digest } }),
  ),
];

const sparse: readonly Row[] = [
  {
    ...row('sparse: accepts an index whose children are missing', [], put(index([one]), 'v1'), same(index([one]))),
    needs: 'sparse',
  },
];

export const manifests: Section = {
  title: 'end-7: pushing manifests',
  rows: [...kinds, ...mediaTypes, ...subjects, ...sparse],
};
