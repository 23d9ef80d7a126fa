import {
  absent,
  content,
  descriptor,
  dockerManifest,
  Given,
  image,
  imageBlobs,
  imageIndex,
  imageManifest,
  index,
  layerType,
  Manifest,
  manifest,
  pushed,
} from './content';
import { ofSize, put } from './manifests';
import { Details, Row, row, Section, Step, step } from './row';

const invalid: Details = { gives: {}, code: 'MANIFEST_INVALID' };

function refused(one: Manifest, as: string, details: Details = invalid): Step {
  return { ...put(one, as, { gives: {}, ...details }), status: 400 };
}

/** Refused by tag and by digest, and nothing of it stays. */
function refuses(says: string, one: Manifest, before: readonly Given[] = imageBlobs, details: Details = invalid): Row {
  return row(
    `refuses ${says}`,
    before,
    refused(one, 'v1', details),
    step('HEAD /v2/{repo}/manifests/v1', 404),
    refused(one, one.digest, details),
    step(`HEAD /v2/{repo}/manifests/${one.digest}`, 404),
  );
}

const one = image();
const text = (body: string, mediaType = imageManifest): Manifest => ({ ...content(body), mediaType });
const schema1 = { schemaVersion: 1, name: 'app', tag: 'v1', fsLayers: [], history: [], signatures: [] };
const docker1 = 'application/vnd.docker.distribution.manifest.v1';
const twice = one.bytes.toString().replace('"layers"', '"layers": [], "layers"');
const lookalike = one.bytes.toString().replace('"layers"', '"Layers": [], "layers"');
const sized = (size: unknown): Manifest => image({ layers: [{ ...descriptor(absent, layerType), size }] });

const shapes: readonly Row[] = [
  refuses('bytes that are no JSON', text('blablabla')),
  refuses('JSON that is no object', text('[]')),
  refuses('no bytes at all', text('')),
  refuses('JSON behind a byte order mark', text(`\uFEFF${one.bytes.toString()}`)),
  refuses('another schemaVersion', image({ schemaVersion: 3 })),
  refuses('no schemaVersion', image({ schemaVersion: undefined })),
  refuses('a media type in the manifest that differs from the request’s', { ...one, mediaType: dockerManifest }),
  refuses('layers beside manifests', image({ manifests: [] })),
  refuses('manifests beside layers', index([], { layers: [] })),
  refuses('a field twice', text(twice)),
  refuses('a field that differs from another in case only', text(lookalike)),
  refuses('a negative size', sized(-1)),
  refuses('a size beyond 2⁵³', sized(2 ** 60)),
  refuses('a size as text', sized('64')),
  refuses(
    'a malformed digest in a descriptor',
    image({ layers: [{ mediaType: layerType, digest: 'sha256:../../outside', size: 1 }] }),
  ),
  refuses(
    'data of another length than its descriptor says',
    image({ layers: [descriptor(absent, layerType, { data: 'e30=' })] }),
  ),
  refuses('JSON nested a thousand levels deep', image({ deep: JSON.parse('['.repeat(1000) + ']'.repeat(1000)) })),
  row('refuses a manifest without a type in header or body', imageBlobs, {
    ...refused(image({ mediaType: undefined }), 'v1'),
    headers: {},
  }),
  row(
    'takes nothing from __proto__',
    imageBlobs,
    put(text(one.bytes.toString().replace('{', '{"__proto__":{"subject":1},')), 'v1'),
  ),
];

const schema1Rows: readonly Row[] = [
  refuses('Docker schema 1', manifest(`${docker1}+json`, schema1)),
  refuses('Docker schema 1 with signatures', manifest(`${docker1}+prettyjws`, schema1)),
  refuses('Docker schema 1 as application/json', manifest('application/json', schema1)),
  refuses('Docker schema 1 in the disguise of another type', manifest(imageManifest, schema1)),
];

const digests: readonly Row[] = [
  row(
    'refuses a digest that the bytes do not have',
    imageBlobs,
    refused(one, absent.digest, { gives: {}, code: 'DIGEST_INVALID' }),
    step(`HEAD /v2/{repo}/manifests/${absent.digest}`, 404),
    step(`HEAD /v2/{repo}/manifests/${one.digest}`, 404),
  ),
  row(
    'refuses a digest when white space was added to the bytes',
    imageBlobs,
    refused({ ...one, bytes: Buffer.concat([one.bytes, Buffer.from('  ')]) }, one.digest, {
      gives: {},
      code: 'DIGEST_INVALID',
    }),
  ),
  row(
    'refuses a sha512 digest that the bytes do not have',
    imageBlobs,
    refused(one, absent.sha512, { gives: {}, code: 'DIGEST_INVALID' }),
  ),
  row(
    'AC-39: refuses a malformed digest',
    imageBlobs,
    refused(one, 'sha256:baddigeststring', { gives: {}, code: 'DIGEST_INVALID' }),
  ),
  ...['.hidden', '-a', 'a'.repeat(129)].map((tag) =>
    row(`OCI-2: refuses the tag ${tag.slice(0, 9)}`, imageBlobs, refused(one, tag)),
  ),
  row('OCI-2: refuses an impossible repository', [], {
    ...refused(one, 'v1', { gives: {}, code: 'NAME_INVALID' }),
    send: 'PUT /v2/{repo}/App/manifests/v1',
  }),
];

function missing(digest: string): Details {
  return { gives: {}, code: 'MANIFEST_BLOB_UNKNOWN', check: (json) => expect(JSON.stringify(json)).toContain(digest) };
}

const references: readonly Row[] = [
  refuses(
    'a layer that is not there, and says which',
    image({ layers: [descriptor(absent, layerType)] }),
    imageBlobs,
    missing(absent.digest),
  ),
  refuses(
    'a config that is not there',
    image({ config: descriptor(absent, 'application/vnd.oci.image.config.v1+json') }),
    imageBlobs,
    missing(absent.digest),
  ),
  refuses(
    'a layer that only another repository has',
    one,
    imageBlobs.map((given) => ({ ...given, in: '{other}' as const })),
    { gives: {}, code: 'MANIFEST_BLOB_UNKNOWN' },
  ),
  { ...refuses('an index whose children are missing', index([one]), [], missing(one.digest)), needs: 'strict' },
];

/** An index in an index in an index …: `depth` of them, the innermost first. */
function nested(depth: number): Manifest[] {
  const all: Manifest[] = [];
  for (let level = 0; level < depth; level++) {
    const inside = all.at(-1);
    // Twice the same child at each level: a walk that does not remember takes 2^depth steps.
    all.push(index(inside === undefined ? [] : [inside, inside], { annotations: { level: String(level) } }));
  }
  return all;
}

const [deepest, ...others] = nested(6).toReversed();
const many = (count: number): Manifest => index(Array.from({ length: count }, () => one));
const thick = (count: number): Manifest => image({ layers: Array.from({ length: count }, () => layerOf(one)) });

function layerOf({ bytes }: Manifest): object {
  const { layers } = JSON.parse(bytes.toString()) as { layers: object[] };
  return layers[0] ?? {};
}

const tooBig: Details = { gives: {}, code: 'MANIFEST_INVALID' };

const limits: readonly Row[] = [
  row(
    'AC-45: takes indexes nested five deep, and none deeper',
    others.toReversed().map((each) => ({ manifest: each })),
    ...(deepest === undefined ? [] : [refused(deepest, 'deep')]),
  ),
  row('AC-45: takes 500 children, and not one more', pushed(one), put(many(500), 'wide'), refused(many(501), 'wider')),
  row(
    'AC-45: takes 1000 layers, and not one more',
    imageBlobs,
    put(thick(1000), 'thick'),
    refused(thick(1001), 'thicker'),
  ),
  row(
    'AC-43: answers 413 to a manifest of more than 4 MiB',
    imageBlobs,
    { ...put(ofSize(4 * 1024 * 1024 + 1), 'big', tooBig), status: 413 },
    step('HEAD /v2/{repo}/manifests/big', 404),
  ),
  row('AC-43: answers 413 to a manifest without end, long before it ends', imageBlobs, {
    ...put({ ...one, bytes: Buffer.alloc(16 * 1024 * 1024, ' ') }, 'big', { ...tooBig, framing: 'chunked' }),
    status: 413,
  }),
  row(
    'refuses bytes that are there under another type: what a digest means does not change',
    [{ manifest: manifest(imageIndex, { schemaVersion: 2, manifests: [] }), as: 'v1' }],
    refused(
      { ...manifest(imageIndex, { schemaVersion: 2, manifests: [] }), mediaType: 'application/vnd.example' },
      'v2',
    ),
  ),
];

export const manifestRefusals: Section = {
  title: 'end-7: manifests that are refused',
  rows: [...shapes, ...schema1Rows, ...digests, ...references, ...limits],
};
