import { absent, Content, descriptor, image, imageBlobs, index, layerType, pushed, unique } from './content';
import { put } from './manifests';
import { row, Section, Step, step } from './row';

const one = image();
const two = image({ annotations: { number: 'two' } });
const blob = unique(200);

const deleted = (path: string): Step => step(`DELETE /v2/{repo}/${path}`, 202);
const gone = (path: string): Step => step(`GET /v2/{repo}/${path}`, 404);
const there = (path: string, { bytes }: Content): Step => step(`GET /v2/{repo}/${path}`, 200, { content: bytes });
const tags = (...expected: string[]): Step =>
  step('GET /v2/{repo}/tags/list', 200, { json: { name: '{repo}', tags: expected } });

export const deletes: Section = {
  title: 'end-9, end-10: deleting',
  rows: [
    row(
      'a manifest deleted by digest is gone at once, and all its tags with it',
      [...pushed(one, 'v1'), { manifest: one, as: 'latest' }, { manifest: two, as: 'v2' }],
      deleted(`manifests/${one.digest}`),
      gone(`manifests/${one.digest}`),
      gone('manifests/v1'),
      gone('manifests/latest'),
      tags('v2'),
      there('manifests/v2', two),
    ),
    row(
      'a tag deleted is gone at once; the manifest and its other tags stay',
      [...pushed(one, 'v1'), { manifest: one, as: 'latest' }],
      deleted('manifests/v1'),
      gone('manifests/v1'),
      tags('latest'),
      there(`manifests/${one.digest}`, one),
      there('manifests/latest', one),
    ),
    row(
      'a manifest deleted is 404 the second time',
      pushed(one, 'v1'),
      deleted(`manifests/${one.digest}`),
      step(`DELETE /v2/{repo}/manifests/${one.digest}`, 404, { code: 'MANIFEST_UNKNOWN' }),
    ),
    row(
      'a tag or manifest that is not there is 404',
      pushed(one, 'v1'),
      step('DELETE /v2/{repo}/manifests/v2', 404, { code: 'MANIFEST_UNKNOWN' }),
      step(`DELETE /v2/{repo}/manifests/${absent.digest}`, 404, { code: 'MANIFEST_UNKNOWN' }),
      step('DELETE /v2/{repo}/manifests/.INVALID_MANIFEST_NAME', 404),
      step('DELETE /v2/{repo}/manifests/sha256:totallywrong', [400, 404]),
    ),
    row(
      'in a repository that never was, everything is 404',
      [],
      step('DELETE /v2/{repo}/manifests/v1', 404),
      step(`DELETE /v2/{repo}/manifests/${absent.digest}`, 404),
      step(`DELETE /v2/{repo}/blobs/${absent.digest}`, 404),
    ),
    row(
      'a manifest deleted may be pushed again',
      pushed(one, 'v1'),
      deleted(`manifests/${one.digest}`),
      put(one, 'v1'),
      there('manifests/v1', one),
      tags('v1'),
    ),
    row(
      'an index goes without its children, and a child before its index',
      [...pushed(one), { manifest: two }, { manifest: index([one, two]), as: 'multi' }],
      deleted(`manifests/${one.digest}`),
      there('manifests/multi', index([one, two])),
      deleted(`manifests/${index([one, two]).digest}`),
      there(`manifests/${two.digest}`, two),
    ),
    row(
      'a sha512 manifest is deleted under its digest',
      imageBlobs,
      put(one, one.sha512, { gives: {} }),
      deleted(`manifests/${one.sha512}`),
      gone(`manifests/${one.sha512}`),
    ),
    row('the last tag leaves an empty list', pushed(one, 'v1'), deleted('manifests/v1'), tags()),

    row('a blob deleted is gone at once', [{ blob }], deleted(`blobs/${blob.digest}`), gone(`blobs/${blob.digest}`)),
    row(
      'a sha512 blob is deleted under its digest',
      [{ blob, algorithm: 'sha512' }],
      deleted(`blobs/${blob.sha512}`),
      gone(`blobs/${blob.sha512}`),
    ),
    row(
      'a blob deleted here stays in other repositories',
      [{ blob }, { blob, in: '{other}' }],
      deleted(`blobs/${blob.digest}`),
      gone(`blobs/${blob.digest}`),
      step(`GET /v2/{other}/blobs/${blob.digest}`, 200, { content: blob.bytes }),
    ),
    row(
      'a blob that is not there is 404',
      [{ blob }],
      step(`DELETE /v2/{repo}/blobs/${absent.digest}`, 404, { code: 'BLOB_UNKNOWN' }),
      step('DELETE /v2/{repo}/blobs/sha256:baddigeststring', [400, 404]),
    ),
    row(
      'a blob deleted may be pushed again',
      [{ blob }],
      deleted(`blobs/${blob.digest}`),
      step('POST /v2/{repo}/blobs/uploads/', 201, { query: `digest=${blob.digest}`, body: blob.bytes }),
      there(`blobs/${blob.digest}`, blob),
    ),
    row(
      'a blob that a manifest refers to is not deleted until the manifest is',
      [...imageBlobs, { blob }, { manifest: image({ layers: [descriptor(blob, layerType)] }), as: 'v1' }],
      step(`DELETE /v2/{repo}/blobs/${blob.digest}`, 405, { code: 'UNSUPPORTED' }),
      there(`blobs/${blob.digest}`, blob),
      deleted(`manifests/${image({ layers: [descriptor(blob, layerType)] }).digest}`),
      deleted(`blobs/${blob.digest}`),
      gone(`blobs/${blob.digest}`),
    ),
  ],
};
