import { absent, content, imageManifest, unique } from './content';
import { Details, Row, row, Section, Step, step } from './row';
import { finish, notThere, patch, start, there } from './uploads';

const blob = unique(100_000);
const wrong = content('not what the digest says');
const mismatch: Details = { gives: {}, code: ['DIGEST_INVALID', 'BLOB_UPLOAD_INVALID'] };

const refusals: readonly Row[] = [
  row(
    'A: a digest that the bytes do not have is 400, and there is no such blob',
    [],
    start,
    { ...finish(absent.digest, { ...mismatch, body: wrong.bytes }), status: 400 },
    notThere(absent),
    notThere(wrong),
  ),
  row(
    'B: a digest that the bytes do not have is 400',
    [],
    start,
    patch(wrong),
    { ...finish(absent.digest, mismatch), status: 400 },
    notThere(absent),
  ),
  row(
    'E: a digest that the bytes do not have is 400',
    [],
    step('POST /v2/{repo}/blobs/uploads/', 400, { query: `digest=${absent.digest}`, body: wrong.bytes, ...mismatch }),
    notThere(absent),
  ),
  row('a sha512 digest that the bytes do not have is 400', [], start, {
    ...finish(absent.sha512, { ...mismatch, body: wrong.bytes }),
    status: 400,
  }),
  row(
    'a PUT without a digest is 400',
    [],
    start,
    step('PUT {location}', 400, { body: blob.bytes, code: 'DIGEST_INVALID' }),
    notThere(blob),
  ),
  row('AC-39: a malformed digest is 400', [], start, {
    ...finish('sha256:baddigeststring', { gives: {}, code: 'DIGEST_INVALID' }),
    status: 400,
  }),
  row('AC-39: a digest that leads elsewhere is 400', [], start, {
    ...finish('sha256:..%2f..%2foutside', { gives: {}, code: 'DIGEST_INVALID' }),
    status: 400,
  }),
  row('AC-39: a digest of another algorithm is 400', [], start, {
    ...finish(`md5:${'0'.repeat(32)}`, { gives: {}, code: 'DIGEST_INVALID' }),
    status: 400,
  }),
  row(
    'E: a malformed digest is 400',
    [],
    step('POST /v2/{repo}/blobs/uploads/', 400, {
      query: 'digest=sha256:baddigeststring',
      body: blob.bytes,
      code: 'DIGEST_INVALID',
    }),
  ),
  row(
    'OCI-2: an upload into an impossible repository is 400',
    [],
    step('POST /v2/{repo}/App/blobs/uploads/', 400, { code: 'NAME_INVALID' }),
  ),
  row(
    'a blob is pushed whatever its Content-Type says',
    [],
    start,
    finish(blob.digest, { headers: { 'Content-Type': imageManifest }, body: blob.bytes }),
    there(blob),
  ),
  row(
    'the path of uploads may lack its last slash',
    [],
    { ...start, send: 'POST /v2/{repo}/blobs/uploads' },
    finish(blob.digest, { body: blob.bytes }),
    there(blob),
  ),
  row('POST may come without any length', [], { ...start, framing: 'none' }, finish(blob.digest, { body: blob.bytes })),
];

const unknown = { code: 'BLOB_UPLOAD_UNKNOWN' };
const gone = (location: string): Step[] => [
  step(`GET ${location}`, 404, unknown),
  step(`PATCH ${location}`, 404, { ...unknown, body: blob.bytes }),
  step(`DELETE ${location}`, 404, unknown),
];

const lifecycle: readonly Row[] = [
  row(
    'end-14: an upload is cancelled with 204, before and after its first byte',
    [],
    start,
    step('DELETE {location}', 204),
    start,
    patch(blob),
    step('DELETE {location}', 204),
    notThere(blob),
  ),
  row(
    'a cancelled upload is 404, whatever is asked of it',
    [],
    start,
    patch(blob),
    step('DELETE {location}', 204),
    ...gone('{location}'),
    { ...finish(blob.digest, { gives: {}, ...unknown }), status: 404 },
  ),
  row(
    'an upload that never was is 404',
    [],
    ...gone('/v2/{repo}/blobs/uploads/6f3a1c52-0000-4000-8000-5d1e6f7a8b9c'),
    step('PUT /v2/{repo}/blobs/uploads/nobody', 404, { ...unknown, query: `digest=${blob.digest}`, body: blob.bytes }),
  ),
  row(
    'AC-07: an upload is there for its own repository only, and goes on untouched',
    [],
    { ...start, keep: 'mine' },
    step('PATCH {mine}', 202, { body: blob.bytes.subarray(0, 5) }),
    ...gone('{elsewhere}'),
    step('PUT {elsewhere}', 404, { ...unknown, query: `digest=${blob.digest}` }),
    step('GET {mine}', 204, { gives: { Range: '0-4' } }),
    step('PUT {mine}', 201, { query: `digest=${blob.digest}`, body: blob.bytes.subarray(5) }),
  ),
  row(
    'the PUT that finished an upload may be repeated; anything else about it is 404',
    [],
    { ...start, keep: 'upload' },
    finish(blob.digest, { body: blob.bytes }),
    step('PUT {upload}', 201, {
      query: `digest=${blob.digest}`,
      gives: { Location: `/v2/{repo}/blobs/${blob.digest}`, 'Docker-Content-Digest': blob.digest },
    }),
    step('PUT {upload}', 201, { query: `digest=${blob.digest}`, body: blob.bytes }),
    step('PUT {upload}', 404, { query: `digest=${wrong.digest}`, body: wrong.bytes, ...unknown }),
    ...gone('{upload}'),
    step(`GET /v2/{repo}/blobs/${blob.digest}`, 200, { content: blob.bytes }),
  ),
];

export const uploadRefusals: Section = {
  title: 'end-4, end-6, end-14: uploads that are refused, cancelled, finished twice',
  rows: [...refusals, ...lifecycle],
};
