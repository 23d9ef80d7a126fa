import { absent, unique } from './content';
import { Details, Row, row, Section, Step, step } from './row';
import { finish, notThere, start, there } from './uploads';

const blob = unique(42);
const cut = 22;
const first = blob.bytes.subarray(0, cut);
const second = blob.bytes.subarray(cut);
const whole = `0-${blob.bytes.length - 1}`;
const opened: Step = { ...start, headers: { 'Content-Length': '0' }, framing: 'none', keep: 'first' };

function chunk(range: string, body: Uint8Array, details: Details = {}): Step {
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Range': range };
  return step('PATCH {location}', 202, { body, ...details, headers: { ...headers, ...details.headers } });
}

const firstChunk = chunk(`0-${cut - 1}`, first, {
  gives: { Range: `0-${cut - 1}`, Location: '/v2/{repo}/blobs/uploads/*' },
});
const secondChunk = chunk(`${cut}-41`, second, { gives: { Range: whole } });
const outOfOrder: Details = {
  code: 'RANGE_INVALID',
  gives: { Location: '/v2/{repo}/blobs/uploads/*', Range: /^0-\d+$/, 'Docker-Upload-UUID': /./ },
};

/** Says where the upload stands, at the location that was given last. */
function stands(range: string, location = '{location}'): Step {
  return step(`GET ${location}`, 204, {
    gives: { Range: range, Location: '/v2/{repo}/blobs/uploads/*', 'Docker-Upload-UUID': /./ },
  });
}

const sequences: readonly Row[] = [
  row('D: chunks in order, then an empty PUT', [], opened, firstChunk, secondChunk, finish(blob.digest), there(blob)),
  row(
    'D: the last chunk may come with the PUT',
    [],
    opened,
    firstChunk,
    finish(blob.digest, { body: second, headers: { 'Content-Range': `${cut}-41` } }),
    there(blob),
  ),
  row(
    'D: the last chunk may come with the PUT without saying its range',
    [],
    opened,
    firstChunk,
    finish(blob.digest, { body: second }),
    there(blob),
  ),
  row(
    'D: a single chunk may be the whole blob',
    [],
    opened,
    chunk(whole, blob.bytes),
    finish(blob.digest),
    there(blob),
  ),
  row('D: chunks make a sha512 blob, too', [], opened, firstChunk, secondChunk, finish(blob.sha512), there(blob)),
  row(
    'D: chunks may be as small as one byte',
    [],
    opened,
    chunk('0-0', first.subarray(0, 1), { gives: { Range: '0-0' } }),
    chunk('1-1', first.subarray(1, 2), { gives: { Range: '0-1' } }),
  ),
  row(
    'D: a chunk may come in chunked transfer encoding',
    [],
    opened,
    { ...firstChunk, framing: 'chunked' },
    secondChunk,
    finish(blob.digest),
    there(blob),
  ),
  row(
    'D: pieces without a range are appended',
    [],
    opened,
    step('PATCH {location}', 202, { body: first }),
    step('PATCH {location}', 202, { body: second, gives: { Range: whole } }),
    finish(blob.digest),
    there(blob),
  ),
  row(
    'D: a digest that the chunks do not have is 400',
    [],
    opened,
    firstChunk,
    secondChunk,
    { ...finish(absent.digest, { gives: {}, code: ['DIGEST_INVALID', 'BLOB_UPLOAD_INVALID'] }), status: 400 },
    notThere(blob),
  ),
  row(
    'D: a digest that the chunks do not have is 400 with the last chunk in the PUT',
    [],
    opened,
    firstChunk,
    { ...finish(absent.digest, { gives: {}, body: second, headers: { 'Content-Range': `${cut}-41` } }), status: 400 },
    notThere(blob),
  ),
];

const order: readonly Row[] = [
  row(
    'the first chunk starts at 0: any other is 416',
    [],
    opened,
    { ...chunk(`${cut}-41`, second, outOfOrder), status: 416 },
    stands('0-0'),
  ),
  row(
    'a chunk that was sent already is 416 at the old location, which stays good: 204, and the upload goes on from there',
    [],
    opened,
    firstChunk,
    {
      ...chunk(`0-${cut - 1}`, first, { ...outOfOrder, gives: { ...outOfOrder.gives, Range: `0-${cut - 1}` } }),
      send: 'PATCH {first}',
      status: 416,
    },
    stands(`0-${cut - 1}`, '{first}'),
    secondChunk,
    finish(blob.digest),
    there(blob),
  ),
  row(
    'a chunk behind a gap is 416, and nothing of it stays',
    [],
    opened,
    firstChunk,
    { ...chunk('30-41', blob.bytes.subarray(30), outOfOrder), status: 416 },
    stands(`0-${cut - 1}`),
    secondChunk,
    finish(blob.digest),
  ),
  row(
    'a last chunk out of order is 416 in the PUT, too, and the upload goes on',
    [],
    opened,
    firstChunk,
    { ...finish(blob.digest, { ...outOfOrder, body: second, headers: { 'Content-Range': '23-42' } }), status: 416 },
    stands(`0-${cut - 1}`),
    finish(blob.digest, { body: second, headers: { 'Content-Range': `${cut}-41` } }),
    there(blob),
  ),
  row('an upload without a byte stands at 0-0', [], opened, stands('0-0')),
  row(
    'an upload is asked where it stands by HEAD, too',
    [],
    opened,
    firstChunk,
    step('HEAD {location}', 204, { gives: { Range: `0-${cut - 1}` } }),
  ),
  ...[`${cut - 1}-0`, 'abc', '0-', '-21', `bytes 0-${cut - 1}/42`, '0-21,22-41', '0-99999999999999999999'].map(
    (range) =>
      row(
        `Content-Range: ${range} is 416`,
        [],
        opened,
        { ...chunk(range, first), status: 416, code: 'RANGE_INVALID' },
        stands('0-0'),
      ),
  ),
  row(
    'a chunk whose range is not as long as its body is 400, and nothing of it stays',
    [],
    opened,
    { ...chunk('0-20', first, { code: 'SIZE_INVALID' }), status: 400 },
    { ...chunk('0-22', first, { code: 'SIZE_INVALID' }), status: 400 },
    stands('0-0'),
  ),
  row(
    'the same in chunked transfer encoding',
    [],
    opened,
    { ...chunk('0-20', first, { code: 'SIZE_INVALID', framing: 'chunked' }), status: 400 },
    opened,
    { ...chunk('0-22', first, { code: 'SIZE_INVALID', framing: 'chunked' }), status: 400 },
  ),
];

const large = unique(400_000);
const half = large.bytes.length / 2;

const disturbances: readonly Row[] = [
  row(
    'a second writer is refused while the first is at it, and the blob is the first one’s',
    [],
    opened,
    step('PATCH {location}', 202, {
      body: large.bytes,
      gives: { Range: `0-${large.bytes.length - 1}` },
      meanwhile: [
        step('PATCH {first}', 416, { body: blob.bytes }),
        step('PUT {first}', 416, { query: `digest=${large.digest}` }),
      ],
    }),
    finish(large.digest),
    there(large),
  ),
  row(
    'an upload whose connection broke goes on from where it stands',
    [],
    opened,
    chunk(`0-${half - 1}`, large.bytes.subarray(0, half)),
    step('PATCH {location}', 0, { body: large.bytes.subarray(half), breakOff: true }),
    step('PATCH {first}', 202, { patiently: true, body: '' }),
    step('GET {first}', 204, { gives: { Range: /^0-\d+$/ } }),
    step('PATCH {first}', 202, { body: large.bytes, rest: true }),
    finish(large.digest),
    there(large),
  ),
];

export const chunks: Section = {
  title: 'end-5, end-13: pushing a blob in chunks',
  rows: [...sequences, ...order, ...disturbances],
};
