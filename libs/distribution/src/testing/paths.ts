import { absent, image, imageBlobs, pushed } from './content';
import { Row, row, Section, step } from './row';

const a64 = 'a'.repeat(64);
const notFound = [400, 404];

/** AC-02, AC-39: other spellings of a path are refused; a proxy or a guard might read them differently. */
const abused: readonly (readonly [what: string, target: string, status?: number])[] = [
  ['AC-02: the catalog with a slash at the end', '/v2/_catalog/'],
  ['AC-02: the catalog behind two slashes', '/v2//_catalog'],
  ['AC-02: the catalog behind a step up', '/v2/x/../_catalog'],
  ['AC-02: the catalog behind a dot', '/v2/./_catalog'],
  ['AC-02: the catalog with an escaped letter', '/v2/_cat%61log'],
  ['AC-02: the catalog with an escaped slash', '/v2/_catalog%2f'],
  ['AC-02: the catalog with a parameter in its path', '/v2/_catalog;x=1'],
  ['AC-39: a step up for a digest', '/v2/{repo}/blobs/sha256:../../outside'],
  ['AC-39: an escaped step up for a digest', '/v2/{repo}/blobs/sha256:%2e%2e%2f%2e%2e%2foutside'],
  ['AC-39: a digest of 63 characters', `/v2/{repo}/blobs/sha256:${a64.slice(1)}`],
  ['AC-39: a digest of 65 characters', `/v2/{repo}/blobs/sha256:${a64}a`],
  ['AC-39: a digest in upper case', `/v2/{repo}/blobs/sha256:${a64.toUpperCase()}`],
  ['AC-39: a digest of another algorithm', `/v2/{repo}/blobs/md5:${'a'.repeat(32)}`],
  ['AC-39: a digest with an escaped colon', `/v2/{repo}/blobs/sha256%3A${a64}`],
  ['AC-39: a digest with a NUL', `/v2/{repo}/blobs/sha256:${a64}%00`],
  ['AC-39: a digest with an overlong slash', `/v2/{repo}/blobs/sha256:${a64}%c0%af`],
  ['AC-39: a digest of 8 KB', `/v2/{repo}/blobs/sha256:${'a'.repeat(8000)}`],
  ['AC-39: a step up for an upload', '/v2/{repo}/blobs/uploads/..%2f..%2foutside'],
  ['AC-39: a step up for a tag', '/v2/{repo}/manifests/..'],
  ['AC-39: an escaped slash in a repository name', '/v2/{repo}%2fapp/tags/list', 400],
  ['AC-39: two slashes in a repository name', '/v2/{repo}//app/tags/list', 400],
  ['AC-39: a step up in a repository name', '/v2/{repo}/app/../tags/list', 400],
  ['OCI-2: a repository name in upper case', '/v2/{repo}/App/tags/list', 400],
  ['OCI-2: a repository name that starts with a separator', '/v2/{repo}/-app/tags/list', 400],
  ['OCI-2: a repository name of 300 characters', `/v2/{repo}/${'a'.repeat(300)}/tags/list`, 400],
  ['an endpoint that the specification does not have', '/v2/{repo}/layers/x', 404],
  ['an extension that is not there', '/v2/_oci/ext/discover'],
  ['no repository name at all', '/v2/tags/list'],
];

/** Method, target, and what `Allow` must offer instead. */
const wrongMethods: readonly (readonly [method: string, target: string, allow: RegExp])[] = [
  ['PUT', '/v2/', /\bGET\b.*\bHEAD\b/],
  ['POST', '/v2/_catalog', /\bGET\b/],
  ['DELETE', '/v2/{repo}/tags/list', /\bGET\b/],
  ['PUT', '/v2/{repo}/tags/list', /\bGET\b/],
  ['POST', '/v2/{repo}/manifests/latest', /\bGET\b.*\bPUT\b/],
  ['PATCH', '/v2/{repo}/manifests/latest', /\bGET\b.*\bPUT\b/],
  ['PUT', `/v2/{repo}/blobs/${absent.digest}`, /\bGET\b.*\bDELETE\b/],
  ['PATCH', `/v2/{repo}/blobs/${absent.digest}`, /\bGET\b.*\bDELETE\b/],
  ['GET', '/v2/{repo}/blobs/uploads/', /\bPOST\b/],
  ['PUT', '/v2/{repo}/blobs/uploads/', /\bPOST\b/],
  ['POST', '/v2/{repo}/blobs/uploads/an-id', /\bPATCH\b/],
  ['POST', `/v2/{repo}/referrers/${absent.digest}`, /\bGET\b/],
  ['DELETE', `/v2/{repo}/referrers/${absent.digest}`, /\bGET\b/],
  ['OPTIONS', '/v2/{repo}/manifests/latest', /\bGET\b/],
];

/** A repository may be called like an endpoint: names are read from the right end. */
function confusing(name: string): Row {
  const one = image({ annotations: { name } });
  const rows = row(
    `a repository may be called ${name}`,
    [],
    ...imageBlobs.flatMap((given) =>
      'blob' in given
        ? [
            step(`POST /v2/${name}/blobs/uploads/`, 202),
            step('PUT {location}', 201, { query: `digest=${given.blob.digest}`, body: given.blob.bytes }),
          ]
        : [],
    ),
    step(`PUT /v2/${name}/manifests/list`, 201, { headers: { 'Content-Type': one.mediaType }, body: one.bytes }),
    step(`GET /v2/${name}/manifests/list`, 200, { content: one.bytes }),
    step(`GET /v2/${name}/tags/list`, 200, { json: { name, tags: ['list'] } }),
    step(`GET /v2/${name}/referrers/${one.digest}`, 200),
  );
  return { ...rows, also: [name] };
}

export const paths: Section = {
  title: 'end-1, methods and paths',
  rows: [
    row(
      'GET /v2/ says that the API is there',
      [],
      step('GET /v2/', 200, { json: {}, gives: { 'Content-Type': /^application\/json/ } }),
    ),
    row('GET /v2 without the slash says it, too', [], step('GET /v2', 200)),
    row('HEAD /v2/ is allowed', [], step('HEAD /v2/', 200)),
    row(
      'a query parameter that nobody knows is no error, such as the ns that containerd sends to mirrors',
      pushed(image(), 'v1'),
      step('GET /v2/?ns=docker.io', 200),
      step('GET /v2/{repo}/manifests/v1?ns=docker.io', 200, { content: image().bytes }),
      step(`GET /v2/{repo}/blobs/${absent.digest}?ns=docker.io&x=%zz`, 404),
      step('GET /v2/{repo}/tags/list?ns=docker.io', 200, { json: { name: '{repo}', tags: ['v1'] } }),
      step(`GET /v2/{repo}/referrers/${absent.digest}?ns=docker.io`, 200),
      step('POST /v2/{repo}/blobs/uploads/?ns=docker.io', 202),
    ),
    ...abused.map(([what, target, status]) =>
      row(
        `${what} is refused`,
        [],
        step(`GET ${target}`, status ?? notFound),
        step(`HEAD ${target}`, status ?? notFound),
      ),
    ),
    ...wrongMethods.map(([method, target, allow]) =>
      row(`${method} ${target.slice(0, 60)} is no method of it: 405 with Allow`, [], {
        ...step(`${method} ${target}`, 405, { code: 'UNSUPPORTED', gives: { Allow: allow } }),
      }),
    ),
    ...['{repo}/blobs/b', '{repo}/manifests/m', '{repo}/tags/list', '{repo}/blobs/uploads', '{repo}/referrers/r'].map(
      confusing,
    ),
  ],
};
