import * as fc from 'fast-check';
import { StorageError } from './errors';
import { parseS3Location } from './s3-location';

test('a bucket, a prefix, an endpoint, a region and a style make a location', () => {
  expect(parseS3Location('s3://blobs/ncr/a?endpoint=https://host:9000&region=eu-1&pathStyle=false')).toEqual({
    bucket: 'blobs',
    prefix: 'ncr/a',
    endpoint: 'https://host:9000',
    region: 'eu-1',
    pathStyle: false,
  });
});

test('the bucket alone is one of Amazon', () => {
  const amazon = { prefix: '', endpoint: 'https://s3.amazonaws.com', region: 'us-east-1', pathStyle: false };
  expect(parseS3Location('s3://blobs')).toEqual({ bucket: 'blobs', ...amazon });
  expect(parseS3Location('s3://blobs/')).toEqual({ bucket: 'blobs', ...amazon });
  expect(parseS3Location('s3://blobs?endpoint=http://minio:9000')).toMatchObject({ pathStyle: true });
});

test.each([
  ['s3://', /bucket/],
  ['s3:bucket', /bucket/],
  ['s3://ab', /bucket/],
  ['s3://Bucket', /bucket/],
  ['s3://key:secret@bucket', /bucket/],
  ['s3://bucket/a//b', /prefix/],
  ['s3://bucket/../b', /prefix/],
  ['s3://bucket/a%2fb', /prefix/],
  ['s3://bucket?endpoint=host:9000', /endpoint/],
  ['s3://bucket?endpoint=ftp://host', /endpoint/],
  ['s3://bucket?endpoint=http://user:secret@host', /endpoint/],
  ['s3://bucket?endpoint=http://host/path', /endpoint/],
  ['s3://bucket?region=', /region/],
  ['s3://bucket?pathStyle=yes', /pathStyle/],
  ['s3://bucket?region=a&region=b', /one region/],
  ['s3://bucket?secretKey=x', /knows/],
  ['s3://bucket#x', /bucket/],
])('%j is refused with its fault', (text, fault) => {
  expect(() => parseS3Location(text)).toThrow(fault);
});

test('whatever is made of good parts is taken apart into them', () => {
  const name = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const parts = fc.record({
    bucket: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]$/),
    prefix: fc.array(name, { maxLength: 3 }).map((names) => names.join('/')),
    endpoint: fc.tuple(fc.constantFrom('http', 'https'), fc.integer({ min: 1024, max: 65_535 })),
    region: name,
    pathStyle: fc.boolean(),
  });
  fc.assert(
    fc.property(parts, ({ bucket, prefix, endpoint: [scheme, port], region, pathStyle }) => {
      const endpoint = `${scheme}://host.example:${port}`;
      const query = new URLSearchParams({ endpoint, region, pathStyle: String(pathStyle) });
      const location = parseS3Location(`s3://${bucket}/${prefix}?${query}`);
      expect(location).toEqual({ bucket, prefix, endpoint, region, pathStyle });
    }),
  );
});

test('any other text is a StorageError and nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
      try {
        expect(parseS3Location(`s3:${text}`).bucket).not.toBe('');
      } catch (error) {
        expect(error).toBeInstanceOf(StorageError);
      }
    }),
  );
});
