import {
  Digest,
  DigestAlgorithm,
  DigestInvalid,
  ManifestTooLarge,
  RangeInvalid,
  RepositoryName,
  SizeInvalid,
  Tag,
  TooManyTags,
  Upload,
  UploadPiece,
  isDigestAlgorithm,
} from '@ncr/oci';
import { formatUploadRange, parseChunkRange } from '../byte-range';
import { Query } from '../query';
import { formatPath } from '../route';
import { Answer, emptyAnswer, HeaderList } from './answer';
import { CallFor } from './call';

/** end-4a, end-4b, end-4c, end-11. */
export async function startUpload({ route, registry, body }: CallFor<'uploads'>): Promise<Answer> {
  const { repository, mount } = route;
  const mounted = mount && (await registry.mountBlob(repository, mount.digest, mount.from));
  if (mounted !== undefined) return blobCreated(repository, mounted.digest);
  const digest = parseDigest(route.query);
  const upload = await registry.startUpload(repository, digest?.algorithm ?? parseAlgorithm(route.query));
  if (digest === undefined || mount !== undefined) return emptyAnswer(202, whereabouts(repository, upload));
  try {
    const stored = await registry.finishUpload(repository, upload.id, digest, { content: body });
    return blobCreated(repository, stored.digest);
  } catch (error) {
    // Nobody else knows this upload, so nobody else could ever cancel it.
    await registry.cancelUpload(repository, upload.id).catch(() => undefined);
    throw error;
  }
}

/** end-5. */
export async function appendUpload(call: CallFor<'upload'>): Promise<Answer> {
  const { repository, id } = call.route;
  const upload = await saidWhere(call, async () => call.registry.appendUpload(repository, id, pieceOf(call)));
  return emptyAnswer(202, whereabouts(repository, upload));
}

/** end-6. When this answers, the registry has made the blob durable. */
export async function finishUpload(call: CallFor<'upload'>): Promise<Answer> {
  const { repository, id } = call.route;
  const digest = parseDigest(call.route.query);
  if (digest === undefined) throw new DigestInvalid('the upload is finished with ?digest=');
  const { digest: stored } = await saidWhere(call, async () =>
    call.registry.finishUpload(repository, id, digest, call.body.length === 0 ? undefined : pieceOf(call)),
  );
  return blobCreated(repository, stored);
}

/** end-13. */
export async function uploadStatus({ route, registry }: CallFor<'upload'>): Promise<Answer> {
  return emptyAnswer(204, whereabouts(route.repository, await registry.uploadStatus(route.repository, route.id)));
}

/** end-14. */
export async function cancelUpload({ route, registry }: CallFor<'upload'>): Promise<Answer> {
  await registry.cancelUpload(route.repository, route.id);
  return emptyAnswer(204);
}

/** A chunk that does not fit is refused with the place where the upload goes on; regclient resumes from that. */
async function saidWhere<T>({ route, registry }: CallFor<'upload'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RangeInvalid)) throw error;
    const upload = await registry.uploadStatus(route.repository, route.id).catch(() => undefined);
    if (upload === undefined) throw error;
    const [...list] = whereabouts(route.repository, upload);
    const headers: Record<string, string> = {};
    for (let i = 0; i + 1 < list.length; i += 2) headers[list[i] ?? ''] = list[i + 1] ?? '';
    throw new RangeInvalid(error.message, error.detail, headers);
  }
}

/** A relative `Location`: it stays right behind every proxy. */
function whereabouts(repository: RepositoryName, upload: Upload): HeaderList {
  const headers = [
    'Location',
    formatPath({ kind: 'upload', repository, id: upload.id }),
    'Range',
    formatUploadRange(upload.offset),
    'Docker-Upload-UUID',
    upload.id,
  ];
  if (upload.minimumPiece !== undefined) headers.push('OCI-Chunk-Min-Length', String(upload.minimumPiece));
  return headers;
}

function blobCreated(repository: RepositoryName, digest: Digest): Answer {
  const location = formatPath({ kind: 'blob', repository, digest });
  return emptyAnswer(201, ['Location', location, 'Docker-Content-Digest', digest.toString()]);
}

/** Reads `digest`; containers and clients append it to whatever query the `Location` had. */
function parseDigest(query: Query): Digest | undefined {
  const [digest, second] = query.all('digest');
  if (second !== undefined) throw new DigestInvalid('more than one digest');
  return digest === undefined ? undefined : Digest.parse(digest);
}

function parseAlgorithm(query: Query): DigestAlgorithm | undefined {
  const algorithm = query.get('digest-algorithm');
  if (algorithm === undefined) return undefined;
  if (!isDigestAlgorithm(algorithm)) throw new DigestInvalid('digest-algorithm is sha256 or sha512');
  return algorithm;
}

/** The body as a piece of the upload. Throws `RangeInvalid`, `SizeInvalid`. */
function pieceOf({ headers, body }: CallFor<'upload'>): UploadPiece {
  const header = headers['content-range'];
  if (header === undefined) return { content: body };
  const range = parseChunkRange(header);
  if (body.length !== undefined && body.length !== range.end - range.start + 1) {
    throw new SizeInvalid('Content-Length and Content-Range differ', { length: body.length });
  }
  return { content: body, range };
}

/** The specification asks for room for ten. */
const maximumTags = 64;

/** end-7, end-7b. When this answers, manifest and tags are durable. */
export async function putManifest(call: CallFor<'manifest'>): Promise<Answer> {
  const { repository, reference, query } = call.route;
  const named = reference instanceof Digest ? parseTags(query) : [];
  const target = reference instanceof Digest ? { digest: reference, tags: named } : { tags: [reference] };
  const manifest = { mediaType: call.headers['content-type'], bytes: await readManifest(call) };
  const { digest, subject } = await call.registry.putManifest(repository, manifest, target);
  const location = formatPath({ kind: 'manifest', repository, reference: digest });
  const headers = ['Location', location, 'Docker-Content-Digest', digest.toString()];
  if (subject !== undefined) headers.push('OCI-Subject', subject.toString());
  if (named.length > 0) headers.push('OCI-Tag', named.join(', '));
  return emptyAnswer(201, headers);
}

function parseTags(query: Query): Tag[] {
  const names = [...new Set(query.all('tag'))];
  if (names.length > maximumTags) throw new TooManyTags(`a push sets ${maximumTags} tags at most`);
  return names.map((name) => Tag.parse(name));
}

/** Never holds more than the limit and the piece that exceeded it (AC-43). */
async function readManifest({ body, manifestLimit }: CallFor<'manifest'>): Promise<Uint8Array> {
  const tooLarge = () =>
    new ManifestTooLarge(`a manifest has ${manifestLimit} bytes at most`, { limit: manifestLimit });
  if (body.length !== undefined && body.length > manifestLimit) throw tooLarge();
  const pieces: Uint8Array[] = [];
  let size = 0;
  await body.sendTo((piece) => {
    size += piece.length;
    if (size > manifestLimit) throw tooLarge();
    pieces.push(Uint8Array.prototype.slice.call(piece));
  });
  return Buffer.concat(pieces, size);
}
