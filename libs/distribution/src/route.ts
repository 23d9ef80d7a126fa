import {
  Digest,
  ManifestUnknown,
  NameInvalid,
  NameUnknown,
  Reference,
  RepositoryName,
  Tag,
  BlobUploadUnknown,
  Unsupported,
  maximumNameLength,
} from '@ncr/oci';
import { formatQuery, Query } from './query';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What `?mount=&from=` of an upload start asks for; without `from` any repository will do. */
export interface Mount {
  readonly digest: Digest;
  readonly from?: RepositoryName;
}

/** What a path below `/v2/` names, in the words of the distribution-spec's endpoint table. */
export type Target =
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'manifest'; readonly repository: RepositoryName; readonly reference: Reference }
  | { readonly kind: 'blob'; readonly repository: RepositoryName; readonly digest: Digest }
  | { readonly kind: 'uploads'; readonly repository: RepositoryName; readonly mount?: Mount }
  | { readonly kind: 'upload'; readonly repository: RepositoryName; readonly id: string }
  | { readonly kind: 'tags'; readonly repository: RepositoryName }
  | { readonly kind: 'referrers'; readonly repository: RepositoryName; readonly subject: Digest };

const allowed = {
  base: ['GET', 'HEAD'],
  catalog: ['GET', 'HEAD'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  blob: ['GET', 'HEAD', 'DELETE'],
  uploads: ['POST'],
  upload: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
  tags: ['GET', 'HEAD'],
  referrers: ['GET', 'HEAD'],
} as const satisfies Record<Target['kind'], readonly Method[]>;

/** The methods that a kind of path has. */
export type MethodOf<Kind extends Target['kind']> = (typeof allowed)[Kind][number];

/** A request target, parsed once; authorization and endpoint decide on this same object. */
export type Route = {
  [Kind in Target['kind']]: Extract<Target, { kind: Kind }> & {
    readonly method: MethodOf<Kind>;
    readonly query: Query;
  };
}[Target['kind']];

/**
 * Takes method and request target as they stand in the request line.
 * Throws `NameInvalid` for an ambiguous path or a wrong repository name, `NameUnknown` for a path that names nothing,
 * `DigestInvalid`, `ManifestUnknown` (`ManifestInvalid` for PUT) for a reference that is no tag, `BlobUploadUnknown`
 * for an id that cannot be one, `Unsupported` with `Allow` for a method that the path does not have.
 */
export function parseRoute(method: string, requestTarget: string, nameLimit = maximumNameLength): Route {
  const mark = requestTarget.indexOf('?');
  const path = mark < 0 ? requestTarget : requestTarget.slice(0, mark);
  const query = mark < 0 ? Query.empty : new Query(requestTarget.slice(mark + 1));
  refuseAmbiguous(path);
  const target = parsePath(path, method, nameLimit);
  const methods: readonly string[] = allowed[target.kind];
  if (!methods.includes(method)) {
    throw new Unsupported('this path does not have that method', undefined, { Allow: methods.join(', ') });
  }
  const mount = target.kind === 'uploads' ? parseMount(query) : undefined;
  return { ...target, ...(mount && { mount }), method, query } as Route;
}

/** Gives the path of a target, with the query for a mount; {@link parseRoute} reads it back to the same target. */
export function formatPath(target: Target): string {
  if (target.kind === 'base') return '/v2/';
  if (target.kind === 'catalog') return '/v2/_catalog';
  return `/v2/${target.repository.toString()}/${formatTail(target)}`;
}

function formatTail(target: Extract<Target, { repository: RepositoryName }>): string {
  let tail: string;
  switch (target.kind) {
    case 'manifest':
      tail = `manifests/${target.reference.toString()}`;
      break;
    case 'blob':
      tail = `blobs/${target.digest.toString()}`;
      break;
    case 'uploads':
      tail = `blobs/uploads/${formatQuery({ mount: target.mount?.digest.toString(), from: target.mount?.from?.toString() })}`;
      break;
    case 'upload':
      tail = `blobs/uploads/${target.id}`;
      break;
    case 'tags':
      tail = 'tags/list';
      break;
    case 'referrers':
      tail = `referrers/${target.subject.toString()}`;
      break;
  }
  return tail;
}

/** Characters of RFC 3986 `pchar` and `/`, but no escapes and no `;`: nothing here ever means something else decoded. */
const plain = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@/") {
  plain[character.charCodeAt(0)] = 1;
}
const slash = 0x2f;
const dot = 0x2e;

/** Another reader of the path (a proxy, a guard) must not see other segments than we do (AC-01, AC-02, AC-39). */
function refuseAmbiguous(path: string): void {
  let start = 1;
  for (let i = 0; i <= path.length; i++) {
    const code = i < path.length ? path.charCodeAt(i) : slash;
    if (code > 127 || plain[code] === 0) throw new NameInvalid('the path has characters that no name here can have');
    if (code !== slash || i === 0) continue;
    const length = i - start;
    const empty = length === 0 && i < path.length;
    const dots = length > 0 && length <= 2 && path.charCodeAt(start) === dot && path.charCodeAt(i - 1) === dot;
    if (empty || dots) throw new NameInvalid('the path has an empty, "." or ".." segment');
    start = i + 1;
  }
}

const uploadsPath = '/blobs/uploads';
const tagsPath = '/tags/list';

/** From the right end, because a repository name may contain the path words (`a/blobs/b` is one). */
function parsePath(path: string, method: string, nameLimit: number): Target {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' };
  if (!path.startsWith('/v2/')) throw nothingHere();
  const rest = path.slice(4);
  if (rest === '_catalog') return { kind: 'catalog' };
  const name = (suffix: number) => RepositoryName.parse(rest.slice(0, rest.length - suffix), nameLimit);
  if (rest.endsWith(tagsPath)) return { kind: 'tags', repository: name(tagsPath.length) };
  if (rest.endsWith(`${uploadsPath}/`)) return { kind: 'uploads', repository: name(uploadsPath.length + 1) };
  if (rest.endsWith(uploadsPath)) return { kind: 'uploads', repository: name(uploadsPath.length) };

  const cut = rest.lastIndexOf('/');
  const last = rest.slice(cut + 1);
  const tail = rest.length - cut;
  const before = rest.slice(0, Math.max(cut, 0));
  if (before.endsWith('/manifests')) {
    return { kind: 'manifest', repository: name(tail + 10), reference: parseReference(last, method) };
  }
  if (before.endsWith(uploadsPath)) {
    return { kind: 'upload', repository: name(tail + uploadsPath.length), id: parseUploadId(last) };
  }
  if (before.endsWith('/blobs')) return { kind: 'blob', repository: name(tail + 6), digest: Digest.parse(last) };
  if (before.endsWith('/referrers')) {
    return { kind: 'referrers', repository: name(tail + 10), subject: Digest.parse(last) };
  }
  throw nothingHere();
}

function nothingHere(): NameUnknown {
  return new NameUnknown('the path names no endpoint of the distribution-spec');
}

/** A wrong tag is 404 for everyone who reads or deletes: it names a manifest that cannot exist. */
function parseReference(text: string, method: string): Reference {
  if (text.includes(':')) return Digest.parse(text);
  if (method !== 'PUT' && !Tag.is(text)) throw new ManifestUnknown('no manifest can have such a tag');
  return Tag.parse(text);
}

const uploadId = /^[A-Za-z0-9._-]+$/;

function parseUploadId(text: string): string {
  if (!uploadId.test(text)) throw new BlobUploadUnknown('no upload can have such an id');
  return text;
}

/** A malformed `mount` or `from` is no mount; the client gets an upload session instead, as from the CNCF registry. */
function parseMount(query: Query): Mount | undefined {
  const digest = query.get('mount');
  if (digest === undefined) return undefined;
  const from = query.get('from');
  try {
    return from === undefined
      ? { digest: Digest.parse(digest) }
      : { digest: Digest.parse(digest), from: RepositoryName.parse(from) };
  } catch {
    return undefined;
  }
}
