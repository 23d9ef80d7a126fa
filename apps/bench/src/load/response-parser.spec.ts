import * as fc from 'fast-check';
import { type ResponseHead, ResponseMalformed, ResponseParser } from './response-parser';

interface Read {
  status: number;
  header: (name: string) => string | undefined;
  body: string;
}

/** Feeds one answer per method, cut at the given places, and gives what was read. */
function read(text: string, { methods = ['GET'], cuts = [] as number[] } = {}): Read[] {
  const answers: Read[] = [];
  const left = [...methods];
  let head: ResponseHead | undefined;
  let body = '';
  const parser = new ResponseParser({
    head: (given) => {
      head = given;
      body = '';
    },
    body: (bytes) => {
      body += bytes.toString('latin1');
    },
    end: () => {
      const done = head;
      if (done) answers.push({ status: done.status, header: (name) => done.header(name), body });
      const next = left.shift();
      if (next !== undefined) parser.expect(next);
    },
  });
  parser.expect(left.shift() ?? 'GET');
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let index = 1; index < places.length; index++) {
    const piece = Buffer.from(bytes.subarray(places[index - 1], places[index]));
    parser.feed(piece);
    piece.fill(0); // the client reads into one buffer again and again: nothing may be kept in it
  }
  return answers;
}

test('an answer with a length gives status, headers in any case, and body', () => {
  const [answer] = read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDOCKER-Content-Digest:  sha256:ab \r\n\r\nhello');
  expect(answer).toMatchObject({ status: 200, body: 'hello' });
  expect(answer?.header('docker-content-digest')).toBe('sha256:ab');
  expect(answer?.header('location')).toBeUndefined();
});

test('a header name inside another name or value is not taken for it', () => {
  const [answer] = read(
    'HTTP/1.1 200 OK\r\nX-Location: a\r\nVia: location: b\r\nLocation: c\r\nContent-Length: 0\r\n\r\n',
  );
  expect(answer?.header('location')).toBe('c');
});

test('a chunked answer is put together, extensions and trailers are passed over', () => {
  const [answer] = read(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nhell\r\n1\r\no\r\n0\r\nX-Checksum: 1\r\n\r\n',
  );
  expect(answer?.body).toBe('hello');
});

test('an answer to HEAD has no body though it announces a length', () => {
  const answers = read('HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', {
    methods: ['HEAD', 'GET'],
  });
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, ''],
    [204, ''],
  ]);
});

test('interim answers are passed over', () => {
  const answers = read('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
  expect(answers.map(({ status }) => status)).toEqual([201]);
});

test.each([
  ['another protocol', 'SSH-2.0-x\r\n\r\n'],
  ['another version', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['no length', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello'],
  ['length and chunked', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a chunk size that is no number', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk longer than its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
  ['bytes after the end', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'],
  ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`],
])('%s is refused', (_, text) => {
  expect(() => read(text)).toThrow(ResponseMalformed);
});

test('a request before the last answer ended is refused', () => {
  const parser = new ResponseParser({ head: () => {}, body: () => {}, end: () => {} });
  parser.expect('GET');
  expect(() => parser.expect('GET')).toThrow(ResponseMalformed);
});

const answer = fc.record({
  status: fc.constantFrom(200, 201, 202, 206, 404),
  chunks: fc.array(fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom('a', '\r', '\n', '0') }), {
    maxLength: 4,
  }),
  chunked: fc.boolean(),
});

test('any answers, cut anywhere, are read as they were written', () => {
  fc.assert(
    fc.property(
      fc.array(answer, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (answers, cuts) => {
        const text = answers.map(({ status, chunks, chunked }) => {
          const body = chunks.join('');
          const coded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
          return chunked
            ? `HTTP/1.1 ${status} X\r\nTransfer-Encoding: chunked\r\n\r\n${coded}0\r\n\r\n`
            : `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
        });
        const got = read(text.join(''), { methods: answers.map(() => 'GET'), cuts });
        expect(got.map(({ status, body }) => [status, body])).toEqual(
          answers.map(({ status, chunks }) => [status, chunks.join('')]),
        );
      },
    ),
  );
});

test('bytes that are no answer never end in anything but a refusal or waiting', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(), { maxLength: 3 }), (text, cuts) => {
      try {
        expect(read(text, { cuts })).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(ResponseMalformed);
      }
    }),
  );
});
