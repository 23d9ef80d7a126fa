import {
  absent,
  Content,
  image,
  imageBlobs,
  imageIndex,
  imageManifest,
  index,
  manifest,
  pushed,
  unique,
} from './content';
import { put, same } from './manifests';
import { Details, Row, row, Section, step } from './row';

const one = image();
const two = image({ annotations: { number: 'two' } });
const wasm = unique();

const long = (each: Content): Details => ({
  gives: { 'Docker-Content-Digest': each.sha512, Location: `/v2/{repo}/manifests/${each.sha512}` },
});
const longIndex = manifest(imageIndex, {
  schemaVersion: 2,
  mediaType: imageIndex,
  manifests: [{ mediaType: imageManifest, digest: one.sha512, size: one.bytes.length }],
});

const digests: readonly Row[] = [
  row(
    'keeps a manifest under the sha512 digest that it was pushed by',
    imageBlobs,
    put(one, one.sha512, long(one)),
    same(one, one.sha512),
    step(`GET /v2/{repo}/manifests/${one.digest}`, 404),
  ),
  row(
    'keeps an index of sha512 children',
    imageBlobs,
    put(one, one.sha512, long(one)),
    put(longIndex, longIndex.sha512, long(longIndex)),
    same(longIndex, longIndex.sha512),
  ),
  row(
    'keeps an image of sha512 blobs',
    [{ blob: wasm, algorithm: 'sha512' }],
    put(
      manifest(imageManifest, {
        schemaVersion: 2,
        config: { mediaType: 'a/b', digest: wasm.sha512, size: 64 },
        layers: [],
      }),
      'v1',
    ),
  ),
  row(
    'takes the same manifest again, by tag and by digest',
    pushed(one, 'v1'),
    put(one, 'v1'),
    put(one, one.digest),
    same(one),
    step('GET /v2/{repo}/manifests/v1', 200, { content: one.bytes }),
  ),
];

const tags: readonly Row[] = [
  row(
    'moves a tag to the manifest pushed last, and keeps the one before under its digest',
    pushed(one, 'latest'),
    put(two, 'latest'),
    step('GET /v2/{repo}/manifests/latest', 200, { content: two.bytes }),
    step(`GET /v2/{repo}/manifests/${one.digest}`, 200, { content: one.bytes }),
  ),
  row(
    'OCI-2: takes a tag of 128 characters with upper case, dots, hyphens',
    imageBlobs,
    put(one, `A_b.c-${'9'.repeat(122)}`),
    step(`GET /v2/{repo}/manifests/A_b.c-${'9'.repeat(122)}`, 200),
  ),
  row(
    'takes tags of the referrers tag schema and of cosign as any other',
    imageBlobs,
    put(index([]), absent.digest.replace(':', '-')),
    put(one, `${absent.digest.replace(':', '-')}.sig`),
  ),
  row(
    'end-7b: sets several tags with one push by digest, and says so in OCI-Tag',
    imageBlobs,
    put(one, one.digest, {
      query: 'tag=1.2.3&tag=1.2&tag=1&tag=latest',
      gives: {
        'OCI-Tag': /^(?=.*\b1\.2\.3\b)(?=.*\b1\.2\b)(?=.*\b1\b)(?=.*\blatest\b)/,
        'Docker-Content-Digest': one.digest,
      },
    }),
    step('GET /v2/{repo}/tags/list', 200, { json: { name: '{repo}', tags: ['1', '1.2', '1.2.3', 'latest'] } }),
    step('GET /v2/{repo}/manifests/1.2', 200, { content: one.bytes }),
  ),
  row(
    'end-7b: there is room for ten tags',
    imageBlobs,
    put(one, one.digest, {
      query: Array.from({ length: 10 }, (_, at) => `tag=t${at}`).join('&'),
      gives: { 'OCI-Tag': /\bt0\b.*\bt9\b/ },
    }),
  ),
  row(
    'end-7b: tags a sha512 manifest',
    imageBlobs,
    put(one, one.sha512, { query: 'tag=long', gives: { 'OCI-Tag': 'long' } }),
    step('GET /v2/{repo}/manifests/long', 200, { gives: { 'Docker-Content-Digest': one.sha512 }, content: one.bytes }),
  ),
  row(
    'end-7b: sets no tag when one of them is impossible',
    imageBlobs,
    { ...put(one, one.digest, { query: 'tag=good&tag=.bad', gives: {}, code: 'MANIFEST_INVALID' }), status: 400 },
    step('GET /v2/{repo}/manifests/good', 404),
  ),
];

export const manifestTags: Section = {
  title: 'end-7, end-7b: digests and tags of manifests',
  rows: [...digests, ...tags],
};
