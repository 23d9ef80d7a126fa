import { Given, image, imageBlobs, manifest, pushed, unique } from './content';
import { Details, Row, row, Section, Step, step } from './row';

const one = image();
const given = (tags: readonly string[]): readonly Given[] => [
  ...imageBlobs,
  ...tags.map((as) => ({ manifest: one, as })),
];

/** In the order of their code units: digits, upper case, underscore, lower case; a prefix before what it begins. */
const sorted = ['1', '1.10', '1.9', '10', 'A', 'B-1', 'Z', '_x', 'a', 'a.b', 'aa', 'ab', 'b', 'v1'];
const shuffled = sorted.toReversed();

function tags(expected: readonly string[], query?: string, gives: Details['gives'] = { Link: null }): Step {
  return step('GET /v2/{repo}/tags/list', 200, {
    ...(query !== undefined && { query }),
    gives: { 'Content-Type': /^application\/json/, ...gives },
    json: { name: '{repo}', tags: expected },
  });
}

const more = { Link: /^<[^>]+>; *rel="?next"?$/ };
const next = (expected: readonly string[], gives: Details['gives'] = more): Step => ({
  ...tags(expected, undefined, gives),
  send: 'GET {next}',
});

/** AC-44: a number out of the request never becomes an amount of memory. */
const hostile: readonly (readonly [query: string, status: readonly number[]])[] = [
  ['n=2147483647', [200, 400]],
  ['n=1e9', [200, 400]],
  ['n=99999999999999999999', [200, 400]],
  ['n=0x10', [400]],
  ['n=-1', [400]],
  ['n=abc', [400]],
  ['n=1.5', [400]],
  ['n=%00', [400]],
  ['n=1&n=2', [200, 400]],
  ['n=', [200, 400]],
  ['n=2&last=%00', [200, 400]],
  [`n=2&last=${'z'.repeat(4000)}`, [200, 400]],
];

const tagRows: readonly Row[] = [
  row('a repository that never was is 404', [], step('GET /v2/{repo}/tags/list', 404, { code: 'NAME_UNKNOWN' })),
  row('a repository without tags has an empty list, never null', pushed(one), tags([])),
  row('a repository that has but a blob has an empty list', [{ blob: unique() }], tags([])),
  row('tags are in the order of their code units, each once', given(shuffled), tags(sorted)),
  row(
    'the tags of several manifests are one list',
    [...given(['b']), { manifest: image({ annotations: { a: 'b' } }), as: 'a' }],
    tags(['a', 'b']),
  ),
  row('n tags are given, and a link to the next', given(shuffled), tags(['1', '1.10'], 'n=2', more)),
  row(
    'the links lead through all of them, losing none that another begins with',
    given(shuffled),
    tags(sorted.slice(0, 5), 'n=5', more),
    next(sorted.slice(5, 10)),
    next(sorted.slice(10), { Link: null }),
  ),
  row(
    'the last page has no link, even when it is full',
    given(shuffled),
    tags(sorted.slice(0, 7), 'n=7', more),
    next(sorted.slice(7), { Link: null }),
  ),
  row('n may be more than there are', given(['a', 'b']), tags(['a', 'b'], 'n=1000')),
  row('n=0 is an empty list without a link', given(['a', 'b']), tags([], 'n=0')),
  row(
    'last is not among the tags that follow it',
    given(shuffled),
    tags(['ab', 'b', 'v1'], 'last=aa'),
    tags(['ab', 'b'], 'n=2&last=aa', more),
  ),
  row(
    'last need not be there',
    given(['a', 'c']),
    tags(['c'], 'last=b'),
    tags([], 'last=zzz'),
    tags(['a', 'c'], 'last='),
  ),
  row(
    'a tag leaves the list when it is deleted, and only that',
    given(['a', 'b', 'c']),
    step('DELETE /v2/{repo}/manifests/b', 202),
    tags(['a', 'c']),
  ),
  row('HEAD of the list is allowed', given(['a']), step('HEAD /v2/{repo}/tags/list', 200)),
  ...hostile.map(([query, status]) =>
    row(
      `AC-44: ${query.slice(0, 40)} is clamped or refused`,
      given(['a', 'b', 'c']),
      step('GET /v2/{repo}/tags/list', status, { query }),
    ),
  ),
];

function catalog(query: string, check: (repositories: string[]) => void, gives: Details['gives'] = {}): Step {
  return step('GET /v2/_catalog', 200, {
    query,
    gives: { 'Content-Type': /^application\/json/, ...gives },
    check: (json) => {
      const { repositories, ...rest } = json as { repositories: string[] };
      expect(rest).toEqual({});
      check(repositories);
    },
  });
}

const holds = (count: number) => (repositories: string[]) => {
  expect(repositories).toEqual([...repositories].sort());
  expect(repositories).toHaveLength(count);
};

const inner = ['{repo}/a', '{repo}/a/b', '{repo}/a-b', '{repo}/ab'];
const innerRow = row(
  'the catalog goes on behind last, in order, and loses no repository that another begins with',
  [],
  ...inner.map((name) =>
    step(`PUT /v2/${name}/manifests/v1`, 201, {
      headers: { 'Content-Type': 'application/vnd.example' },
      body: manifest('', { name }).bytes,
    }),
  ),
  step('GET /v2/_catalog', 200, {
    query: 'n=2&last={repo}',
    gives: more,
    json: { repositories: ['{repo}/a', '{repo}/a-b'] },
  }),
  step('GET {next}', 200, {
    check: (json) =>
      expect(json).toMatchObject({ repositories: [expect.stringMatching(/\/a\/b$/), expect.stringMatching(/\/ab$/)] }),
  }),
);

const catalogRows: readonly Row[] = [
  row(
    'the catalog names repositories in order',
    given(['a']),
    catalog('n=1', holds(1)),
    catalog('', (names) => expect(names).toEqual([...names].sort())),
  ),
  row(
    'the catalog has n of them and a link to the next',
    [...given(['a']), { blob: unique(), in: '{other}' }],
    catalog('n=1', holds(1), more),
    { ...catalog('', holds(1)), send: 'GET {next}', query: undefined },
  ),
  { ...innerRow, also: inner },
  row(
    'behind the end of the catalog there is an empty list',
    [],
    step('GET /v2/_catalog', 200, { query: 'last=~', gives: { Link: null }, json: { repositories: [] } }),
  ),
  row('n=0 of the catalog is refused or an empty list', [], step('GET /v2/_catalog', [200, 400], { query: 'n=0' })),
  ...hostile.map(([query, status]) =>
    row(
      `AC-44: ${query.slice(0, 40)} of the catalog is clamped or refused`,
      [],
      step('GET /v2/_catalog', status, { query }),
    ),
  ),
];

export const lists: Section = { title: 'end-8 and the catalog: lists', rows: [...tagRows, ...catalogRows] };
