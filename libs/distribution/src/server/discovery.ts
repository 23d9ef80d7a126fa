import { Digest, Page, PageInvalid } from '@ncr/oci';
import { formatNextLink } from '../link';
import { formatQuery, Query } from '../query';
import { formatPath } from '../route';
import { Answer, HeaderList, jsonAnswer } from './answer';
import { CallFor } from './call';

/** How many entries a list has at most: without `n`, with it, and what happens to a larger `n` (protocol: AC-44). */
interface PageLimits {
  readonly usual: number;
  readonly maximum: number;
  readonly beyond: 'clamp' | 'refuse';
}

/** Many tools read tags without `n` and never follow a link, so that page is a long one. */
const tagPages: PageLimits = { usual: 10_000, maximum: 1000, beyond: 'clamp' };
const catalogPages: PageLimits = { usual: 100, maximum: 1000, beyond: 'refuse' };

const control = /\p{Cc}/u;

/** Reads `n` and `last`. Throws `PageInvalid`. */
export function parsePage(query: Query, limits: PageLimits): Page & { readonly n: number } {
  const [count, second] = query.all('n');
  const last = query.get('last');
  if (last !== undefined && control.test(last)) throw new PageInvalid('last is not the name of an entry');
  if (count === undefined) return { n: limits.usual, last };
  if (second !== undefined || !/^\d+$/.test(count)) throw new PageInvalid('n is one number, 0 or more');
  if (Number(count) <= limits.maximum) return { n: Number(count), last };
  if (limits.beyond === 'refuse') throw new PageInvalid(`n is ${limits.maximum} at most`, { maximum: limits.maximum });
  return { n: limits.maximum, last };
}

/** A client that gave no `n` gets none in its link either, so that its pages stay long. */
function asked(query: Query, page: Page): number | undefined {
  return query.get('n') === undefined ? undefined : page.n;
}

/** end-8a, end-8b. */
export async function listTags({ route, registry }: CallFor<'tags'>): Promise<Answer> {
  const page = parsePage(route.query, tagPages);
  const { entries, more } = await registry.listTags(route.repository, page);
  const last = entries.at(-1);
  const next = more && last !== undefined ? nextPage(formatPath(route), { n: asked(route.query, page), last }) : [];
  return jsonAnswer({ name: route.repository, tags: entries }, next);
}

/** `GET /v2/_catalog` of the Docker API: the repositories that this caller may pull. */
export async function listRepositories({ route, registry }: CallFor<'catalog'>): Promise<Answer> {
  const page = parsePage(route.query, catalogPages);
  const { entries, more } = await registry.listRepositories(page);
  const last = entries.at(-1);
  const next = more && last !== undefined ? nextPage(formatPath(route), { n: asked(route.query, page), last }) : [];
  return jsonAnswer({ repositories: entries }, next);
}

const imageIndex = 'application/vnd.oci.image.index.v1+json';

/** end-12a, end-12b: 200 for every valid digest, because clients take 404 for "this registry has no referrers API". */
export async function listReferrers({ route, registry }: CallFor<'referrers'>): Promise<Answer> {
  const asked = route.query.get('artifactType');
  // No artifact type has control characters: then nothing is filtered, and the missing header tells the client so.
  const artifactType = asked === undefined || asked === '' || control.test(asked) ? undefined : asked;
  const start = route.query.get('after');
  const after = start === undefined ? undefined : Digest.parse(start);
  const { entries, more } = await registry.listReferrers(route.repository, route.subject, { artifactType, after });
  const headers = artifactType === undefined ? [] : ['OCI-Filters-Applied', 'artifactType'];
  const last = entries.at(-1)?.digest.toString();
  if (more && last !== undefined) headers.push(...nextPage(formatPath(route), { artifactType, after: last }));
  return jsonAnswer({ schemaVersion: 2, mediaType: imageIndex, manifests: entries }, headers, imageIndex);
}

function nextPage(path: string, parameters: Parameters<typeof formatQuery>[0]): HeaderList {
  return ['Link', formatNextLink(path + formatQuery(parameters))];
}
