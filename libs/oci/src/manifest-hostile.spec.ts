import * as fc from 'fast-check';
import { Digest } from './digest';
import { RegistryError } from './errors';
import { parseManifest } from './manifest';
import { mediaTypes } from './media-types';

const { imageManifest, imageIndex, dockerManifest, dockerManifestList } = mediaTypes;
const types = [imageManifest, imageIndex, dockerManifest, dockerManifestList, 'application/x', undefined];
const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const descriptor = (digit: string, more: object = {}): object => ({
  mediaType: 'application/vnd.example',
  digest: `sha256:${digit.repeat(64)}`,
  size: 3,
  ...more,
});

test('whatever the bytes, they are a manifest or a RegistryError, never anything else', () => {
  const field = fc.constantFrom(
    'schemaVersion',
    'mediaType',
    'config',
    'layers',
    'manifests',
    'blobs',
    'subject',
    'annotations',
    '__proto__',
  );
  const value = fc.oneof(fc.jsonValue(), fc.constant(descriptor('a')), fc.constant([descriptor('b')]), fc.constant(2));
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(encode),
    fc.dictionary(field, value).map((fields) => encode({ schemaVersion: 2, ...fields })),
  );
  fc.assert(
    fc.property(body, fc.constantFrom(...types), (bytes, type) => {
      try {
        expect(parseManifest(bytes, type).mediaType).toMatch(/^[^/]+\/[^/]+$/);
      } catch (error) {
        expect(error).toBeInstanceOf(RegistryError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('what a manifest says survives a round trip', () => {
  const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
  const texts = fc.dictionary(fc.string(), fc.string());
  const any = fc.record(
    {
      mediaType: fc.constantFrom('application/vnd.example', 'text/plain'),
      digest: hex.map((digits) => Digest.of('sha256', digits)),
      size: fc.nat(),
      annotations: texts,
      urls: fc.array(fc.webUrl()),
    },
    { requiredKeys: ['mediaType', 'digest', 'size'] },
  );
  const images = fc.record({ config: any, layers: fc.array(any), annotations: texts, subject: any });
  fc.assert(
    fc.property(images, (fields) => {
      const manifest = parseManifest(encode({ schemaVersion: 2, ...fields }), imageManifest);
      const { kind, mediaType, manifests, blobs, artifactType, ...rest } = manifest;
      expect({ kind, mediaType, manifests, blobs }).toEqual({
        kind: 'image',
        mediaType: imageManifest,
        manifests: [],
        blobs: [],
      });
      expect(artifactType).toBe(fields.config.mediaType);
      expect(JSON.parse(JSON.stringify(rest))).toEqual(JSON.parse(JSON.stringify(fields)));
    }),
  );
});

test.each([
  ['4 MiB of opening brackets', `{"a":${'['.repeat(4 << 20)}`],
  ['4 MiB of backslashes', `{"a":"${'\\'.repeat(4 << 20)}"}`],
  ['4 MiB of escaped quotes', `{"a":"${'\\"'.repeat(2 << 20)}"}`],
  ['300,000 different fields', `{${Array.from({ length: 300_000 }, (_, at) => `"k${at}":1`).join(',')}}`],
  ['a million empty objects', `{"a":[${'{},'.repeat(1 << 20)}{}]}`],
  ['4 MiB of blanks', `${' '.repeat(4 << 20)}x`],
  ['data of 4 MiB that is not base64', { manifests: [descriptor('a', { data: `${'A'.repeat(4 << 20)}???=` })] }],
  ['a media type of 4 MiB', { mediaType: `a/${'b'.repeat(4 << 20)}` }],
])('time is linear: %s', (_what, body) => {
  const bytes = encode(body);
  const started = process.cpuUsage();
  for (const type of types) {
    try {
      parseManifest(bytes, type);
    } catch (error) {
      expect(error).toBeInstanceOf(RegistryError);
    }
  }
  // Time of the processor, so that a busy machine does not decide; a quadratic reader would take minutes.
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1e6).toBeLessThan(10);
});
