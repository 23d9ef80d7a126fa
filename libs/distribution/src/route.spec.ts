import * as fc from 'fast-check';
import { Digest, RegistryError, RepositoryName, Tag } from '@ncr/oci';
import { formatPath, Method, parseRoute, Target } from './route';

const words = fc.constantFrom('blobs', 'manifests', 'uploads', 'tags', 'list', 'referrers', 'v2');
const component = fc.oneof(words, fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,4}){0,2}$/));
const repository = fc
  .array(component, { minLength: 1, maxLength: 5 })
  .map((components) => RepositoryName.parse(components.join('/')));
const digest = fc.stringMatching(/^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/).map((text) => Digest.parse(text));
const tag = fc.oneof(words, fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/)).map((text) => Tag.parse(text));
const id = fc.oneof(words, fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,30}$/));
const mount = fc.oneof(fc.record({ digest }), fc.record({ digest, from: repository }));

const target: fc.Arbitrary<Target> = fc.oneof(
  fc.constant<Target>({ kind: 'base' }),
  fc.constant<Target>({ kind: 'catalog' }),
  fc.record({ kind: fc.constant('manifest' as const), repository, reference: fc.oneof(tag, digest) }),
  fc.record({ kind: fc.constant('blob' as const), repository, digest }),
  fc.record({ kind: fc.constant('uploads' as const), repository }),
  fc.record({ kind: fc.constant('uploads' as const), repository, mount }),
  fc.record({ kind: fc.constant('upload' as const), repository, id }),
  fc.record({ kind: fc.constant('tags' as const), repository }),
  fc.record({ kind: fc.constant('referrers' as const), repository, subject: digest }),
);

const methodFor = (kind: Target['kind']): Method => (kind === 'uploads' ? 'POST' : 'GET');

test('a formatted path is parsed back to the same target, though names contain the path words', () => {
  fc.assert(
    fc.property(target, (expected) => {
      const { method, query: _, ...parsed } = parseRoute(methodFor(expected.kind), formatPath(expected));
      expect(method).toBe(methodFor(expected.kind));
      expect(parsed).toEqual(expected);
    }),
  );
});

const d = `sha256:${'a'.repeat(64)}`;
const soup = fc
  .array(
    fc
      .constantFrom(
        '/',
        '//',
        '.',
        '..',
        '%2f',
        '%2F',
        '\\',
        ';',
        '%61',
        '\0',
        'é',
        'A',
        'a',
        'b-',
        'v2',
        'blobs',
        d,
        ':',
      )
      .chain((piece) => fc.constantFrom(piece, `/${piece}`))
      .chain((piece) => fc.constantFrom(piece, `${piece}/`)),
    { maxLength: 8 },
  )
  .chain((pieces) =>
    fc.constantFrom(
      pieces.join(''),
      `/v2/${pieces.join('')}`,
      `/v2/a/manifests/${pieces.join('')}`,
      `/v2/${pieces.join('')}/blobs/uploads/`,
      `/v2/a/${pieces.join('')}/tags/list`,
    ),
  );

test('AC-02, AC-39: a path is refused, or it is the one and only way to write what it names', () => {
  fc.assert(
    fc.property(fc.oneof(soup, fc.string(), fc.webPath()), fc.constantFrom('GET', 'POST'), (path, method) => {
      fc.pre(!path.includes('?'));
      let written: string;
      try {
        written = formatPath(parseRoute(method, path));
      } catch (error) {
        expect(error).toBeInstanceOf(RegistryError);
        expect([400, 404, 405]).toContain((error as RegistryError).status);
        return;
      }
      expect([written, written.slice(0, -1)]).toContain(path);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  '/v2//_catalog',
  '//v2/_catalog',
  '/v2/_catalog/',
  '/v2/x/../_catalog',
  '/v2/./_catalog',
  '/v2/%5fcatalog',
  '/v2/x%2fy/tags/list',
  '/v2/x;a=b/tags/list',
  '/v2/x\\y/tags/list',
  '/V2/x/tags/list',
  '/v2/X/tags/list',
  '/v2/a/tags/list/',
  '/v2/a/manifests/',
  '/v2/a/manifests',
  '/v2/manifests/latest',
  '/v2/blobs/uploads/',
  '/v2/a/blobs/sha256:../../outside',
  `/v2/a/blobs/${d}b`,
  `/v2/a/blobs/${d.toUpperCase()}`,
  '/v2/a/blobs/md5:d41d8cd98f00b204e9800998ecf8427e',
  `/v2/a/blobs/${d.replace(':', '%3A')}`,
  '/v2/a/manifests/a\0',
  '/v2/a/manifests/\u00e9',
  'http://elsewhere/v2/',
  '*',
  '',
])('AC-02, AC-39: %j names nothing', (path) => {
  expect(() => parseRoute('GET', path)).toThrow(expect.objectContaining({ status: expect.any(Number) }));
});

test('a reference that is neither tag nor digest is 404 for who reads, 400 for who pushes', () => {
  expect(() => parseRoute('GET', '/v2/a/manifests/.INVALID_MANIFEST_NAME')).toThrow(
    expect.objectContaining({ status: 404, code: 'MANIFEST_UNKNOWN' }),
  );
  expect(() => parseRoute('PUT', `/v2/a/manifests/${'t'.repeat(129)}`)).toThrow(
    expect.objectContaining({ status: 400, code: 'MANIFEST_INVALID' }),
  );
});

test('a method that a path does not have is 405 and says which it has', () => {
  expect(() => parseRoute('POST', '/v2/a/manifests/b')).toThrow(
    expect.objectContaining({ status: 405, code: 'UNSUPPORTED', headers: { Allow: 'GET, HEAD, PUT, DELETE' } }),
  );
});

test('the start of uploads needs no slash at its end', () => {
  expect(parseRoute('POST', '/v2/a/blobs/uploads')).toMatchObject({ kind: 'uploads' });
  expect(parseRoute('GET', '/v2')).toMatchObject({ kind: 'base' });
});

test('a malformed mount is no mount', () => {
  expect(parseRoute('POST', '/v2/a/blobs/uploads/?mount=sha256:no&from=b')).not.toHaveProperty('mount');
  expect(parseRoute('POST', `/v2/a/blobs/uploads/?mount=${d}&from=B`)).not.toHaveProperty('mount');
  expect(parseRoute('POST', `/v2/a/blobs/uploads/?mount=${d.replace(':', '%3a')}`)).toMatchObject({
    mount: { digest: Digest.parse(d) },
  });
});

test('OCI-2: a name longer than the limit of this installation is refused', () => {
  const name = 'a'.repeat(240);
  expect(parseRoute('GET', `/v2/${name}/tags/list`)).toMatchObject({ kind: 'tags' });
  expect(() => parseRoute('GET', `/v2/${name}/tags/list`, 239)).toThrow(
    expect.objectContaining({ code: 'NAME_INVALID' }),
  );
});
