import { absent, empty, unique } from './content';
import { Details, Row, row, Section, Step, step } from './row';

const blob = unique(2048);
const large = unique(300_000);
const path = `/v2/{repo}/blobs/${blob.digest}`;

function get(range: string, status: Step['status'], details: Details = {}): Step {
  return step(`GET ${path}`, status, { ...details, headers: { Range: range, ...details.headers } });
}

function slice(range: string, first: number, last: number): Row {
  return row(
    `${range} of 2048 bytes is 206 with the bytes ${first}-${last}`,
    [{ blob }],
    get(range, 206, {
      gives: {
        'Content-Range': `bytes ${first}-${last}/2048`,
        'Content-Length': String(last - first + 1),
        'Content-Type': 'application/octet-stream',
        'Docker-Content-Digest': blob.digest,
        ETag: `"${blob.digest}"`,
      },
      content: blob.bytes.subarray(first, last + 1),
    }),
  );
}

function unsatisfiable(range: string): Row {
  return row(
    `${range} of 2048 bytes is 416 and says how many there are`,
    [{ blob }],
    get(range, 416, { gives: { 'Content-Range': 'bytes */2048' } }),
  );
}

function whole(says: string, headers: Readonly<Record<string, string>>): Row {
  return row(
    says,
    [{ blob }],
    step(`GET ${path}`, 200, { headers, gives: { 'Content-Length': '2048' }, content: blob.bytes }),
  );
}

/** Several ranges of one answer, as lazy pullers ask for them (stargz, zstd:chunked). */
const parts = row('several ranges are one multipart/byteranges answer with each of them', [{ blob }], {
  ...get('bytes=0-9,100-199, -48', 206, {
    gives: { 'Content-Type': /^multipart\/byteranges; *boundary="?[\w'()+,./:=?-]{1,70}"?$/ },
  }),
  bytes: (body) => {
    const text = body.toString('latin1');
    const found = [...text.matchAll(/content-range: bytes (\d+)-(\d+)\/2048\r\n(?:[^\r\n]+\r\n)*\r\n/gi)].map(
      (part) => {
        const [head, first, last] = [part[0], Number(part[1]), Number(part[2])];
        const start = part.index + head.length;
        const bytes = body.subarray(start, start + last - first + 1);
        return { first, last, right: bytes.equals(blob.bytes.subarray(first, last + 1)) };
      },
    );
    expect(found).toEqual([
      { first: 0, last: 9, right: true },
      { first: 100, last: 199, right: true },
      { first: 2000, last: 2047, right: true },
    ]);
    expect(text).toMatch(/--\r?\n?$/);
  },
});

export const ranges: Section = {
  title: 'end-2: ranges of blobs (RFC 9110, 13 and 14)',
  rows: [
    slice('bytes=500-1499', 500, 1499),
    slice('bytes=500-', 500, 2047),
    slice('bytes=-500', 1548, 2047),
    slice('bytes=2000-5000', 2000, 2047),
    slice('bytes=0-0', 0, 0),
    slice('bytes=0-1', 0, 1),
    slice('bytes=2047-2047', 2047, 2047),
    slice('bytes=0-', 0, 2047),
    slice('bytes=-5000', 0, 2047),
    slice('bytes=0-9999999999999999999999', 0, 2047),
    slice('BYTES=1-2', 1, 2),
    unsatisfiable('bytes=500-0'),
    unsatisfiable('bytes=5000-10000'),
    unsatisfiable('bytes=2048-'),
    unsatisfiable('bytes=-0'),
    unsatisfiable('bytes=3000-3001,5000-'),
    row(
      'a range of a large blob is exact across the pieces in which it is read',
      [{ blob: large }],
      step(`GET /v2/{repo}/blobs/${large.digest}`, 206, {
        headers: { Range: 'bytes=65530-200007' },
        gives: { 'Content-Range': 'bytes 65530-200007/300000', 'Content-Length': '134478' },
        content: large.bytes.subarray(65_530, 200_008),
      }),
    ),
    parts,
    row(
      'of several ranges those that are there are given',
      [{ blob }],
      get('bytes=5000-6000,10-19', 206, {
        gives: { 'Content-Range': 'bytes 10-19/2048' },
        content: blob.bytes.subarray(10, 20),
      }),
    ),
    row(
      'more bytes than the blob has are not sent, however many ranges overlap',
      [{ blob }],
      get(`bytes=${Array.from({ length: 50 }, () => '0-').join(',')}`, 200, { content: blob.bytes }),
    ),
    row(
      'thousands of ranges are not sent as thousands of parts',
      [{ blob }],
      get(`bytes=${Array.from({ length: 1000 }, (_, at) => `${2 * at}-${2 * at}`).join(',')}`, [200, 416]),
    ),
    row(
      'a range of an empty blob is the empty blob or 416',
      [{ blob: empty }],
      step(`GET /v2/{repo}/blobs/${empty.digest}`, [200, 416], { headers: { Range: 'bytes=0-' } }),
    ),
    whole('a range in another unit is the whole blob', { Range: 'items=0-5' }),
    row('a range that is not one is the whole blob or 416', [{ blob }], get('bytes=abc', [200, 416])),
    row(
      'HEAD has no ranges',
      [{ blob }],
      step(`HEAD ${path}`, 200, { headers: { Range: 'bytes=0-9' }, gives: { 'Content-Length': '2048' } }),
    ),
    row(
      'If-Range with the entity tag is the range',
      [{ blob }],
      get('bytes=1-2', 206, { headers: { 'If-Range': `"${blob.digest}"` }, content: blob.bytes.subarray(1, 3) }),
    ),
    whole('If-Range with another entity tag is the whole blob', {
      Range: 'bytes=1-2',
      'If-Range': `"${absent.digest}"`,
    }),
    whole('If-Range with a weak entity tag is the whole blob', {
      Range: 'bytes=1-2',
      'If-Range': `W/"${blob.digest}"`,
    }),
    whole('If-Range with a date is the whole blob', {
      Range: 'bytes=1-2',
      'If-Range': 'Thu, 01 Jan 2026 00:00:00 GMT',
    }),
    row(
      'If-None-Match comes before Range',
      [{ blob }],
      get('bytes=1-2', 304, { headers: { 'If-None-Match': `"${blob.digest}"` } }),
    ),
  ],
};
