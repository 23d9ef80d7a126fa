import { ManifestInvalid } from './errors';
import { contentReferences, Manifest, manifestLimits, parseManifest } from './manifest';
import { isNondistributable, mediaTypes } from './media-types';

const { imageManifest, imageIndex, dockerManifest, dockerManifestList } = mediaTypes;
const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const descriptor = (digit: string, more: object = {}): object => ({
  mediaType: 'application/vnd.example',
  digest: digest(digit),
  size: 3,
  ...more,
});
const image = (more: object = {}): object => ({
  schemaVersion: 2,
  config: descriptor('c'),
  layers: [descriptor('1')],
  ...more,
});
const index = (more: object = {}): object => ({
  schemaVersion: 2,
  manifests: [descriptor('a'), descriptor('b')],
  ...more,
});
const parse = (body: unknown, type: string | undefined = imageManifest): Manifest => parseManifest(encode(body), type);

const many = (count: number): object[] => Array.from({ length: count }, () => descriptor('a'));

describe('the media type', () => {
  test.each([imageManifest, dockerManifest])('%s is an image', (type) => {
    expect(parse(image(), type)).toMatchObject({ kind: 'image', mediaType: type, manifests: [], blobs: [] });
  });

  test.each([imageIndex, dockerManifestList])('%s is an index', (type) => {
    expect(parse(index(), type)).toMatchObject({ kind: 'index', mediaType: type, layers: [] });
  });

  test('loses its parameters', () => {
    expect(parse(image(), `${imageManifest}; charset=utf-8`).mediaType).toBe(imageManifest);
  });

  test('is taken from the body when the request has none', () => {
    expect(parseManifest(encode(index({ mediaType: imageIndex })), undefined).kind).toBe('index');
    expect(parseManifest(encode(index({ mediaType: imageIndex })), '').kind).toBe('index');
  });

  test.each([
    ['neither header nor body has one', image(), undefined],
    ['header and body differ', image({ mediaType: dockerManifest }), imageManifest],
    ['the body has a line break in it', { mediaType: 'a/b\r\nSet-Cookie: x' }, undefined],
    ['the header has two', image(), `${imageManifest}, ${imageIndex}`],
    ['the body has a number', image({ mediaType: 1 }), imageManifest],
  ])('is refused when %s', (_why, body, type) => {
    expect(() => parseManifest(encode(body), type)).toThrow(ManifestInvalid);
  });

  test.each([
    [{ schemaVersion: 1, fsLayers: [] }, mediaTypes.schema1],
    [{ schemaVersion: 1, fsLayers: [] }, mediaTypes.signedSchema1],
    [{ schemaVersion: 1, fsLayers: [] }, 'application/vnd.anything+json'],
    [{ schemaVersion: 1, name: 'a' }, 'application/json'],
    [{ schemaVersion: 1 }, imageManifest],
    [{}, imageManifest],
    [{ schemaVersion: '2' }, imageIndex],
  ])('schema version of %j as %s is refused', (body, type) => {
    expect(() => parse(body, type)).toThrow(ManifestInvalid);
  });
});

describe('OCI-4: a type that is not known here', () => {
  const type = 'application/vnd.example.unheard.of.v9';

  test.each([
    ['no bytes at all', ''],
    ['text', 'hello [[[ {'],
    ['JSON that is no object', '[1, 2]'],
    ['JSON cut short', '{"config": '],
  ])('may be %s', (_what, body) => {
    expect(parse(body, type)).toEqual({ kind: 'other', mediaType: type, layers: [], manifests: [], blobs: [] });
  });

  test('may be bytes that are not UTF-8', () => {
    expect(parseManifest(Uint8Array.of(0x7b, 0xff, 0xfe), type).kind).toBe('other');
  });

  test('has its references found in any shape that looks like them, and none of them is required', () => {
    const body = {
      config: descriptor('c'),
      layers: [descriptor('1'), { digest: digest('2') }, { digest: 'sha256:short' }, 7, null],
      blobs: [descriptor('3')],
      subject: descriptor('5'),
      artifactType: 7,
      annotations: { a: 1 },
    };
    const manifest = parse(body, type);
    expect(manifest.subject?.digest.toString()).toBe(digest('5'));
    expect(manifest.artifactType).toBeUndefined();
    const found = contentReferences(manifest).map((each) => [each.role, each.descriptor.digest.hex[0], each.required]);
    expect(found).toEqual([
      ['config', 'c', false],
      ['layer', '1', false],
      ['layer', '2', false],
      ['blob', '3', false],
    ]);
  });
});

describe('an image or index', () => {
  test.each([
    ['is not JSON', '{', imageManifest],
    ['is not UTF-8 JSON but starts with a byte order mark', `\uFEFF${JSON.stringify(image())}`, imageManifest],
    ['is an array', [], imageManifest],
    ['is an image with children', image({ manifests: [] }), imageManifest],
    ['is an index with layers', index({ layers: [] }), imageIndex],
    ['is an index with a config', index({ config: descriptor('c') }), imageIndex],
    ['has no config', { schemaVersion: 2, layers: [] }, imageManifest],
    ['has layers that are no list', image({ layers: {} }), imageManifest],
    [
      'has a field twice',
      `{"schemaVersion":2,"layers":[],"layers":[],"config":${JSON.stringify(descriptor('c'))}}`,
      imageManifest,
    ],
    ['has a field twice, once in disguise', `{"schemaVersion":2,"manifests":[],"manif\\u0065sts":[]}`, imageIndex],
    ['has a field twice in a descriptor', `{"schemaVersion":2,"manifests":[{"size":1,"size":2}]}`, imageIndex],
    ['has a field that Go would read as another', index({ Manifests: [] }), imageIndex],
    ['has a field that Go would read as another, with a long s', index({ manifeſts: [] }), imageIndex],
    ['has annotations that are no strings', index({ annotations: { a: 1 } }), imageIndex],
    ['is deeper than JSON needs to be', index({ x: JSON.parse('['.repeat(64) + ']'.repeat(64)) }), imageIndex],
  ])('that %s is refused', (_why, body, type) => {
    expect(() => parse(body, type)).toThrow(ManifestInvalid);
  });

  test.each([
    ['a negative size', { size: -1 }],
    ['a fractional size', { size: 1.5 }],
    ['a size beyond 2⁵³', { size: 2 ** 53 }],
    ['a size as text', { size: '3' }],
    ['no size', { size: null }],
    ['no media type', { mediaType: undefined }],
    ['no digest', { digest: '' }],
    ['an unknown digest algorithm', { digest: `md5:${'0'.repeat(32)}` }],
    ['data that is not base64', { data: 'a?==' }],
    ['data of another size', { data: 'AAAAAA==' }],
    ['urls that are no list', { urls: 'https://example.com' }],
    ['a platform that is no object', { platform: 'linux/amd64' }],
  ])('with a descriptor with %s is refused', (_why, more) => {
    expect(() => parse(index({ manifests: [descriptor('a', more)] }), imageIndex)).toThrow(ManifestInvalid);
  });

  test('may have null where Go writes an empty list, no layers, no children, and fields nobody knows', () => {
    expect(
      parse({ schemaVersion: 2, manifests: null, subject: null, annotations: null }, imageIndex).manifests,
    ).toEqual([]);
    expect(parse({ schemaVersion: 2, config: descriptor('c', { newField: 'x' }) }).layers).toEqual([]);
  });

  test('keeps urls, data, platform and annotations of descriptors, and leaves unknown fields out', () => {
    const known = {
      urls: ['https://example.com/x'],
      data: 'AAAA',
      platform: { architecture: 'arm64', os: 'linux' },
      annotations: { a: 'b' },
    };
    const [child] = parse(index({ manifests: [descriptor('a', { ...known, new: 1 })] }), imageIndex).manifests;
    expect(JSON.parse(JSON.stringify(child))).toEqual(descriptor('a', known));
  });

  test('may be called __proto__ anywhere without harm', () => {
    const body = `{"__proto__":{"layers":[]},"schemaVersion":2,"manifests":[],"annotations":{"__proto__":"x"}}`;
    const { annotations } = parse(body, imageIndex);
    expect(JSON.stringify(annotations)).toBe('{"__proto__":"x"}');
    expect(Object.prototype).not.toHaveProperty('layers');
  });

  test('AC-45: has 500 children and 1000 layers at most', () => {
    expect(parse(index({ manifests: many(500) }), imageIndex).manifests).toHaveLength(500);
    expect(() => parse(index({ manifests: many(501) }), imageIndex)).toThrow(ManifestInvalid);
    expect(parse(image({ layers: many(1000) })).layers).toHaveLength(1000);
    expect(() => parse(image({ layers: many(1001) }))).toThrow(ManifestInvalid);
    const few = { ...manifestLimits, children: 1 };
    expect(() => parseManifest(encode(index()), imageIndex, few)).toThrow(ManifestInvalid);
  });
});

describe('the artifact type', () => {
  test.each<[string, object, string, string | undefined]>([
    ['its own', image({ artifactType: 'a/b' }), imageManifest, 'a/b'],
    ["the config's media type of an image without one", image(), imageManifest, 'application/vnd.example'],
    [
      "the config's media type where its own is empty",
      image({ artifactType: '' }),
      imageManifest,
      'application/vnd.example',
    ],
    ['its own of an index', index({ artifactType: 'a/b' }), imageIndex, 'a/b'],
    ['nothing for an index without one', index(), imageIndex, undefined],
    ['its own of another type', { artifactType: 'a/b' }, 'application/vnd.oci.artifact.manifest.v1+json', 'a/b'],
  ])('is %s', (_what, body, type, expected) => {
    expect(parse(body, type).artifactType).toBe(expected);
  });
});

test('layers that clients keep to themselves are not required, all others are', () => {
  const foreign = descriptor('f', { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip' });
  const references = contentReferences(parse(image({ layers: [foreign, descriptor('1'), descriptor('1')] })));
  expect(references.map(({ role, required }) => [role, required])).toEqual([
    ['config', true],
    ['layer', false],
    ['layer', true],
  ]);
  expect(isNondistributable('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')).toBe(true);
  expect(isNondistributable('application/vnd.oci.image.layer.nondistributable.v1.tar')).toBe(true);
  expect(isNondistributable('application/vnd.oci.image.layer.v1.tar+gzip')).toBe(false);
});
