import { Content, empty, unique } from './content';
import { Details, Row, row, Section, Step, step } from './row';

export const start = step('POST /v2/{repo}/blobs/uploads/', 202, {
  gives: {
    Location: '/v2/{repo}/blobs/uploads/*',
    Range: '0-0',
    'Docker-Upload-UUID': /^[\w.~-]+$/,
    'Docker-Content-Digest': null,
  },
});

const octets = { 'Content-Type': 'application/octet-stream' };

export function finish(digest: string, details: Details = {}): Step {
  return step('PUT {location}', 201, {
    query: `digest=${digest}`,
    gives: { Location: `/v2/{repo}/blobs/${digest}`, 'Docker-Content-Digest': digest },
    ...details,
  });
}

/** The `Location` of the answer before is the blob. */
export function there({ bytes }: Content): Step {
  return step('GET {location}', 200, { content: bytes });
}

export function notThere({ digest }: Content): Step {
  return step(`HEAD /v2/{repo}/blobs/${digest}`, 404);
}

const blob = unique(100_000);
const last = `0-${blob.bytes.length - 1}`;

/** One PATCH without `Content-Range`, then an empty PUT. */
function stream(patch: Details, put: Details = {}): Step[] {
  const patched = step('PATCH {location}', 202, {
    body: blob.bytes,
    gives: { Range: last, Location: '/v2/{repo}/blobs/uploads/*', 'Docker-Upload-UUID': /./ },
    ...patch,
  });
  return [start, patched, finish(blob.digest, put), there(blob)];
}

const sequences: readonly Row[] = [
  row(
    'A: POST, then PUT with the whole blob (containerd, buildkit, oras, helm)',
    [],
    start,
    finish(blob.digest, { headers: octets, body: blob.bytes }),
    there(blob),
  ),
  row(
    'A: the same in chunked transfer encoding, without a length',
    [],
    start,
    finish(blob.digest, { body: blob.bytes, framing: 'chunked' }),
    there(blob),
  ),
  row(
    'B: POST, one PATCH in chunked transfer encoding without Content-Range, empty PUT (docker)',
    [],
    ...stream({ framing: 'chunked' }),
  ),
  row(
    'B: the PUT that ends it may come without any length',
    [],
    ...stream({ framing: 'chunked' }, { framing: 'none' }),
  ),
  row('C: POST, one PATCH with its length, without Content-Range, empty PUT (podman, skopeo)', [], ...stream({})),
  row('C: the same with a Content-Type (crane, cosign)', [], ...stream({ headers: octets }, { headers: octets })),
  row(
    'C: crane opens the upload with an empty body and Content-Type: application/json',
    [],
    { ...start, headers: { 'Content-Type': 'application/json' } },
    ...stream({ headers: octets }).slice(1),
  ),
  row('E: POST with the digest and the whole blob', [], ...postOnly(blob, blob.digest)),
  row('E: the same in chunked transfer encoding', [], ...postOnly(blob, blob.digest, { framing: 'chunked' })),
  row(
    'A: curl asks first whether it may send: 100 Continue',
    [],
    start,
    finish(blob.digest, { body: blob.bytes, headers: { Expect: '100-continue' } }),
    there(blob),
  ),
];

function postOnly(sent: Content, digest: string, details: Details = {}): Step[] {
  const posted = step('POST /v2/{repo}/blobs/uploads/', 201, {
    headers: octets,
    query: `digest=${digest}`,
    body: sent.bytes,
    gives: { Location: `/v2/{repo}/blobs/${digest}`, 'Docker-Content-Digest': digest },
    ...details,
  });
  return [posted, there(sent)];
}

export function patch(sent: Content): Step {
  return step('PATCH {location}', 202, { headers: octets, body: sent.bytes });
}

const long = blob.sha512;

const digests: readonly Row[] = [
  row('a sha512 blob may be pushed as in A', [], start, finish(long, { body: blob.bytes }), there(blob)),
  row('a sha512 blob may be pushed as in B', [], start, patch(blob), finish(long), there(blob)),
  row('a sha512 blob may be pushed as in E', [], ...postOnly(blob, long)),
  row(
    'end-4c: the algorithm may be announced',
    [],
    { ...start, query: 'digest-algorithm=sha512' },
    patch(blob),
    finish(long),
    there(blob),
  ),
  row(
    'end-4c: an algorithm that was announced may be another in the end',
    [],
    { ...start, query: 'digest-algorithm=sha512' },
    patch(blob),
    finish(blob.digest),
    there(blob),
  ),
  row(
    'end-4c: an algorithm that nobody knows is 400',
    [],
    step('POST /v2/{repo}/blobs/uploads/', 400, { query: 'digest-algorithm=blake9', code: 'DIGEST_INVALID' }),
  ),
  row(
    'a digest in a query may be percent-encoded',
    [],
    start,
    finish(blob.digest, { query: `digest=${encodeURIComponent(blob.digest)}`, body: blob.bytes }),
    there(blob),
  ),
  row('the same blob may be pushed again', [{ blob }], start, finish(blob.digest, { body: blob.bytes }), there(blob)),
];

const emptyBlobs: readonly Row[] = [
  row('an empty blob may be pushed as in A', [], start, finish(empty.digest, { body: '' }), there(empty)),
  row(
    'an empty blob may be pushed in chunked transfer encoding with no bytes (containerd)',
    [],
    start,
    finish(empty.digest, { body: '', framing: 'chunked' }),
    there(empty),
  ),
  row(
    'an empty blob may be pushed as in B',
    [],
    start,
    step('PATCH {location}', 202, { body: '', framing: 'chunked' }),
    finish(empty.digest),
    there(empty),
  ),
  row('an empty blob may be pushed as in E', [], ...postOnly(empty, empty.digest)),
  row('an empty sha512 blob may be pushed', [], start, finish(empty.sha512, { body: '' }), there(empty)),
];

export const uploads: Section = {
  title: 'end-4, end-6: pushing blobs',
  rows: [...sequences, ...digests, ...emptyBlobs],
};
