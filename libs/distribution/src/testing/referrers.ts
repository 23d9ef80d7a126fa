import {
  absent,
  descriptor,
  emptyObject,
  emptyType,
  Given,
  image,
  imageBlobs,
  imageIndex,
  imageManifest,
  index,
  Manifest,
  manifest,
  pushed,
} from './content';
import { put } from './manifests';
import { Details, row, Section, Step, step } from './row';

const peanut = 'application/vnd.nhl.peanut.butter.bagel';
const jam = 'application/vnd.nba.strawberry+jam';
const one = image({ annotations: { subject: 'of everything here' } });
const toOne = { subject: descriptor(one, imageManifest) };

interface Referrer {
  readonly manifest: Manifest;
  /** As the list shows it. */
  readonly listed: object;
}

function referrer(each: Manifest, artifactType: string | undefined, annotations?: object): Referrer {
  return {
    manifest: each,
    listed: descriptor(each, each.mediaType, {
      ...(artifactType && { artifactType }),
      ...(annotations && { annotations }),
    }),
  };
}

function artifact(artifactType: string, annotations: object): Referrer {
  const more = { artifactType, config: descriptor(emptyObject, emptyType), layers: [], annotations, ...toOne };
  return referrer(image(more), artifactType, annotations);
}

const peanutA = artifact(peanut, { key: 'peanut a' });
const peanutB = artifact(peanut, { key: 'peanut b', second: 'ü' });
const jamA = artifact(jam, { key: 'jam' });
/** Without an artifact type of its own an image shows its config's media type, an index none. */
const byConfig = referrer(
  image({ ...toOne, annotations: { key: 'config' } }),
  'application/vnd.oci.image.config.v1+json',
  { key: 'config' },
);
const byIndex = referrer(index([], { ...toOne, annotations: { key: 'index' } }), undefined, { key: 'index' });
const artifactIndex = referrer(index([], { ...toOne, artifactType: peanut }), peanut);
const formerType = 'application/vnd.oci.artifact.manifest.v1+json';
const former = referrer(manifest(formerType, { mediaType: formerType, artifactType: jam, blobs: [], ...toOne }), jam);

const all = [peanutA, peanutB, jamA, byConfig, byIndex, artifactIndex, former];
const before: readonly Given[] = [
  ...imageBlobs,
  { blob: emptyObject },
  ...all.map((each) => ({ manifest: each.manifest })),
];

/** The list of these, in any order, and nothing else. */
function lists(expected: readonly Referrer[], details: Details = {}): Details {
  return {
    ...details,
    gives: { 'Content-Type': imageIndex, Link: null, ...details.gives },
    check: (json) => {
      const manifests: object[] = expect.arrayContaining(expected.map(({ listed }) => listed)) as object[];
      expect(json).toEqual({ schemaVersion: 2, mediaType: imageIndex, manifests });
      expect((json as { manifests: object[] }).manifests).toHaveLength(expected.length);
    },
  };
}

function ask(digest: string, expected: readonly Referrer[], details: Details = {}): Step {
  return step(`GET /v2/{repo}/referrers/${digest}`, 200, lists(expected, details));
}

const filtered = (artifactType: string): Details => ({
  query: `artifactType=${encodeURIComponent(artifactType)}`,
  gives: { 'OCI-Filters-Applied': 'artifactType' },
});

/** Five referrers of a megabyte each: more than the 4 MiB of a page. */
const heavy = Array.from({ length: 5 }, (_, at) =>
  artifact(peanut, { at: String(at), filler: 'A'.repeat(1024 * 1024) }),
);
const light = artifact(jam, { at: 'the only one of its type' });
const found: string[] = [];

function page(send: string, query: string | undefined, link: RegExp | null): Step {
  return step(send, 200, {
    ...(query !== undefined && { query }),
    gives: {
      'Content-Type': imageIndex,
      Link: link,
      ...((query ?? send === 'GET {next}') && { 'OCI-Filters-Applied': 'artifactType' }),
    },
    bytes: (body) => expect(body.length).toBeLessThanOrEqual(4 * 1024 * 1024),
    check: (json) => {
      const { manifests } = json as { manifests: { digest: string; artifactType: string }[] };
      expect(manifests.length).toBeGreaterThan(0);
      for (const { digest, artifactType } of manifests) {
        expect(artifactType).toBe(peanut);
        found.push(digest);
      }
    },
  });
}

export const referrers: Section = {
  title: 'end-12: listing referrers',
  rows: [
    row(
      'an unknown digest in a repository that never was has no referrers: 200, never 404',
      [],
      ask(absent.digest, []),
    ),
    row(
      'an unknown digest in a repository that is there has none',
      pushed(one),
      ask(absent.digest, []),
      ask(absent.sha512, []),
    ),
    row('a manifest without referrers has none', pushed(one), ask(one.digest, [])),
    row(
      'all kinds of manifests with a subject are listed, with type, size, artifact type and annotations',
      [...before, { manifest: one }],
      ask(one.digest, all, { gives: { 'OCI-Filters-Applied': null } }),
    ),
    row('they are listed before the subject is there', before, ask(one.digest, all)),
    row(
      'they are listed at once and no longer than they are there',
      [...imageBlobs, { blob: emptyObject }],
      put(peanutA.manifest, 'signature', { gives: { 'OCI-Subject': one.digest } }),
      ask(one.digest, [peanutA]),
      put(jamA.manifest, jamA.manifest.digest, { gives: { 'OCI-Subject': one.digest } }),
      ask(one.digest, [peanutA, jamA]),
      step(`DELETE /v2/{repo}/manifests/${peanutA.manifest.digest}`, 202),
      ask(one.digest, [jamA]),
    ),
    row(
      'a tag that goes is no referrer that goes',
      [...before.slice(0, 3), { manifest: jamA.manifest, as: 'jam' }],
      step('DELETE /v2/{repo}/manifests/jam', 202),
      ask(one.digest, [jamA]),
    ),
    row(
      'they stay when their subject is deleted',
      [...before, { manifest: one }],
      step(`DELETE /v2/{repo}/manifests/${one.digest}`, 202),
      ask(one.digest, all),
    ),
    row('they are those of one repository', before, {
      ...ask(one.digest, []),
      send: `GET /v2/{other}/referrers/${one.digest}`,
    }),
    row(
      'a filter gives those of its artifact type, and says so',
      before,
      ask(one.digest, [peanutA, peanutB, artifactIndex], filtered(peanut)),
    ),
    row('a filter with a plus sign is percent-encoded', before, ask(one.digest, [jamA, former], filtered(jam))),
    row(
      "a filter compares an image's config type, too",
      before,
      ask(one.digest, [byConfig], filtered('application/vnd.oci.image.config.v1+json')),
    ),
    row('a filter that nothing fits gives nothing', before, ask(one.digest, [], filtered('application/vnd.nobody'))),
    row(
      'a sha512 digest may be the subject',
      [...imageBlobs],
      put(image({ subject: { mediaType: imageManifest, digest: one.sha512, size: 1 } }), 'v1', {
        gives: { 'OCI-Subject': one.sha512 },
      }),
      step(`GET /v2/{repo}/referrers/${one.sha512}`, 200, {
        check: (json) => expect(json).toHaveProperty('manifests.0.mediaType', imageManifest),
      }),
      ask(one.digest, []),
    ),
    ...['latest', 'sha256:baddigeststring', `md5:${'0'.repeat(32)}`].map((text) =>
      row(`${text} is no digest: 400`, pushed(one, 'latest'), step(`GET /v2/{repo}/referrers/${text}`, 400)),
    ),
    row(
      'HEAD is allowed',
      before,
      step(`HEAD /v2/{repo}/referrers/${one.digest}`, 200, { gives: { 'Content-Type': imageIndex } }),
    ),
    row(
      'what does not fit into 4 MiB is on further pages, whose links keep the filter',
      [...imageBlobs, { blob: emptyObject }, ...[...heavy, light].map((each) => ({ manifest: each.manifest }))],
      page(
        `GET /v2/{repo}/referrers/${one.digest}`,
        `artifactType=${peanut}`,
        /^<[^>]*artifactType=[^>]*>; *rel="?next"?$/,
      ),
      page('GET {next}', undefined, null),
      step('GET /v2/', 200, {
        check: () =>
          expect([...new Set(found.splice(0))].sort()).toEqual(heavy.map((each) => each.manifest.digest).sort()),
      }),
    ),
  ],
};
