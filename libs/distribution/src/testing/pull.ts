import {
  absent,
  dockerList,
  dockerManifest,
  empty,
  emptyObject,
  image,
  imageIndex,
  imageManifest,
  index,
  pushed,
  unique,
} from './content';
import { Details, Row, row, Section, step } from './row';

const small = unique(512);
const large = unique(300_000);
const octets = 'application/octet-stream';
const blobUnknown = ['BLOB_UNKNOWN', 'NAME_UNKNOWN'];
const manifestUnknown = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN'];
const one = image();

function blobHeaders(digest: string, size: number): Details['gives'] {
  return {
    'Content-Type': octets,
    'Content-Length': String(size),
    'Docker-Content-Digest': digest,
    'Accept-Ranges': 'bytes',
    ETag: `"${digest}"`,
  };
}

function manifestHeaders(digest: string, mediaType: string, size: number): Details['gives'] {
  return {
    'Content-Type': mediaType,
    'Content-Length': String(size),
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
  };
}

const heldSpellings = (digest: string): readonly (readonly [string, string])[] => [
  ['quoted', `"${digest}"`],
  ['bare', digest],
  ['weak', `W/"${digest}"`],
  ['in a list', `"${absent.digest}", "${digest}"`],
  ['as any', '*'],
];

function conditions(what: string, path: string, digest: string, before: Row['before']): Row[] {
  return [
    ...heldSpellings(digest).map(([how, header]) =>
      row(
        `GET of a ${what} that the client holds, ${how} in If-None-Match, is 304`,
        before,
        step(`GET ${path}`, 304, { headers: { 'If-None-Match': header }, gives: { ETag: `"${digest}"` } }),
      ),
    ),
    row(
      `GET of a ${what} with another digest in If-None-Match is the ${what}`,
      before,
      step(`GET ${path}`, 200, { headers: { 'If-None-Match': `"${absent.digest}"` } }),
    ),
  ];
}

/** Returned whatever `Accept` says: clients that cannot use the type fail clearly by themselves. */
const accepted: readonly (readonly [string, Record<string, string>])[] = [
  ['no Accept', {}],
  ['any type', { Accept: '*/*' }],
  ['its type', { Accept: imageManifest }],
  ['another type', { Accept: imageIndex }],
  ['a list of types with weights', { Accept: `${dockerList};q=0.9, ${dockerManifest};q=0.5, */*;q=0.1` }],
];

export const pull: Section = {
  title: 'end-2, end-3: pulling blobs and manifests',
  rows: [
    ...[small, large, empty, emptyObject].map((blob) =>
      row(
        `GET of a blob of ${blob.bytes.length} bytes is its bytes, with length, digest, type and entity tag`,
        [{ blob }],
        step(`GET /v2/{repo}/blobs/${blob.digest}`, 200, {
          gives: blobHeaders(blob.digest, blob.bytes.length),
          content: blob.bytes,
        }),
      ),
    ),
    row(
      'a sha512 blob is read under its own digest',
      [{ blob: small, algorithm: 'sha512' }],
      step(`GET /v2/{repo}/blobs/${small.sha512}`, 200, {
        gives: blobHeaders(small.sha512, 512),
        content: small.bytes,
      }),
    ),
    row(
      'a blob is not compressed on its way, though containerd asks for it',
      [{ blob: small }],
      step(`GET /v2/{repo}/blobs/${small.digest}`, 200, {
        headers: { 'Accept-Encoding': 'zstd;q=1.0, gzip;q=0.8, deflate;q=0.5' },
        gives: { 'Content-Length': '512' },
        content: small.bytes,
      }),
    ),
    row(
      'GET and HEAD of a blob that is not there are 404',
      [{ blob: small }],
      step(`GET /v2/{repo}/blobs/${absent.digest}`, 404, { code: blobUnknown }),
    ),
    row(
      'a blob of a repository that never was is 404',
      [],
      step(`GET /v2/{repo}/blobs/${small.digest}`, 404, { code: blobUnknown }),
    ),
    row(
      'a blob is not there for another repository',
      [{ blob: small, in: '{other}' }],
      step(`GET /v2/{repo}/blobs/${small.digest}`, 404),
    ),
    row('a blob is no manifest', [{ blob: small }], step(`GET /v2/{repo}/manifests/${small.digest}`, 404)),
    row(
      'a malformed digest is 400 or 404',
      [],
      step('GET /v2/{repo}/blobs/sha256:baddigeststring', [400, 404], { code: [...blobUnknown, 'DIGEST_INVALID'] }),
      step('HEAD /v2/{repo}/blobs/sha256:baddigeststring', [400, 404]),
    ),
    ...conditions('blob', `/v2/{repo}/blobs/${small.digest}`, small.digest, [{ blob: small }]),

    ...accepted.map(([how, headers]) =>
      row(
        `GET of a manifest by tag and by digest, asking for ${how}, is the very bytes and type that were pushed`,
        pushed(one, 'v1'),
        step('GET /v2/{repo}/manifests/v1', 200, {
          headers,
          gives: manifestHeaders(one.digest, one.mediaType, one.bytes.length),
          content: one.bytes,
        }),
        step(`GET /v2/{repo}/manifests/${one.digest}`, 200, {
          headers,
          gives: manifestHeaders(one.digest, one.mediaType, one.bytes.length),
          content: one.bytes,
        }),
      ),
    ),
    ...[image({}, dockerManifest), index([], {}, imageIndex), index([], {}, dockerList)].map((each) =>
      row(
        `the Content-Type of a ${each.mediaType} has no parameters`,
        pushed(each, 'v1'),
        step('GET /v2/{repo}/manifests/v1', 200, { gives: { 'Content-Type': each.mediaType }, content: each.bytes }),
      ),
    ),
    row(
      'an index is served for its tag, never one of its children',
      [...pushed(one), { manifest: index([one]), as: 'multi' }],
      step('GET /v2/{repo}/manifests/multi', 200, {
        headers: { Accept: imageManifest },
        gives: { 'Docker-Content-Digest': index([one]).digest },
        content: index([one]).bytes,
      }),
    ),
    row(
      'GET and HEAD of a tag that is not there are 404',
      pushed(one, 'v1'),
      step('GET /v2/{repo}/manifests/v2', 404, { code: manifestUnknown }),
    ),
    row(
      'a manifest digest that is not there is 404',
      pushed(one),
      step(`GET /v2/{repo}/manifests/${absent.digest}`, 404, { code: manifestUnknown }),
    ),
    row(
      'a manifest of a repository that never was is 404, never 403',
      [],
      step('GET /v2/{repo}/manifests/v1', 404, { code: manifestUnknown }),
    ),
    row(
      'a manifest is not there for another repository',
      pushed(one, 'v1'),
      step(`GET /v2/{other}/manifests/${one.digest}`, 404),
    ),
    row(
      'a reference that is neither tag nor digest is 404',
      [],
      step('GET /v2/{repo}/manifests/.INVALID_MANIFEST_NAME', 404),
      step('HEAD /v2/{repo}/manifests/.INVALID_MANIFEST_NAME', 404),
      step(`GET /v2/{repo}/manifests/${'a'.repeat(129)}`, 404),
    ),
    row(
      'a malformed digest is 400 or 404, even when the GET has a body',
      [],
      step('GET /v2/{repo}/manifests/sha256:totallywrong', [400, 404], {
        headers: { 'Content-Type': imageManifest },
        body: 'blablabla',
        code: [...manifestUnknown, 'DIGEST_INVALID'],
      }),
    ),
    row(
      'a manifest is served whole, whatever Range says',
      pushed(one, 'v1'),
      step('GET /v2/{repo}/manifests/v1', 200, { headers: { Range: 'bytes=0-9' }, content: one.bytes }),
    ),
    ...conditions('manifest', '/v2/{repo}/manifests/v1', one.digest, pushed(one, 'v1')),
  ],
};
