import {
  annotationsOf,
  Descriptor,
  optionalText,
  parseDescriptor,
  parseDescriptors,
  refuseLookalikes,
} from './descriptor';
import { Digest } from './digest';
import { ManifestInvalid, RegistryError } from './errors';
import { isObject, JsonObject, readObject } from './json';
import {
  isMediaType,
  isNondistributable,
  ManifestKind,
  manifestKind,
  mediaTypes,
  withoutParameters,
} from './media-types';

/** What a manifest says, as far as a registry has to know. Lists are empty where the manifest has none. */
export interface Manifest {
  readonly kind: ManifestKind;
  /** What it is stored and served as: without parameters, and a valid header value. */
  readonly mediaType: string;
  /** Of an image manifest; of an `other` one where it is a descriptor. */
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  /** The children of an index: usually manifests, but BuildKit's cache indexes name blobs here. */
  readonly manifests: readonly Descriptor[];
  /** Of the former OCI artifact manifest, and of any `other` manifest that has them. */
  readonly blobs: readonly Descriptor[];
  readonly subject?: Descriptor;
  /** As the referrers API shows it (distribution-spec, "Listing Referrers"): its own, or an image's config media type. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Bounds of what one manifest may name (AC-45). */
export interface ManifestLimits {
  /** Entries of `manifests`. */
  readonly children: number;
  /** Entries of `layers`, and of `blobs`. */
  readonly layers: number;
  /** Levels of JSON inside each other. */
  readonly jsonDepth: number;
}

export const manifestLimits: ManifestLimits = { children: 500, layers: 1000, jsonDepth: 64 };

type Fields = Omit<Manifest, 'kind' | 'mediaType'>;

const names = ['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'subject', 'artifactType', 'annotations'];

/**
 * Reads a pushed manifest. `contentType` is the request's header, parameters and all. Throws {@link ManifestInvalid}:
 * without a media type in header or body; where the two differ; for Docker schema 1; for an image or index that breaks
 * the image-spec; for JSON that readers may understand differently (a field twice, `layers` beside `manifests`, sizes
 * beyond 2⁵³ − 1); beyond `limits`.
 *
 * Nothing is refused for its media type. One that is not known here is of the kind `other`: it may be any bytes, and
 * whatever in it looks like a descriptor (in `config`, `layers`, `blobs`, `manifests`, `subject`) is given as one, so that
 * garbage collection keeps what a client that knows the type may need.
 */
export function parseManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
  limits: ManifestLimits = manifestLimits,
): Manifest {
  const body = readObject(bytes, limits.jsonDepth);
  const mediaType = mediaTypeOf(contentType, body);
  refuseSchema1(mediaType, body);
  const kind = manifestKind(mediaType);
  if (kind === 'other') {
    return { kind, mediaType, ...(body === undefined ? noFields : generousFields(body, limits)) };
  }
  if (body === undefined) throw new ManifestInvalid('manifest is not a JSON object');
  return { kind, mediaType, ...strictFields(kind, body, limits) };
}

/** A piece of content that a manifest names in one of its fields; the subject is none: it need not exist. */
export interface ContentReference {
  readonly role: 'config' | 'layer' | 'blob' | 'child';
  readonly descriptor: Descriptor;
  /**
   * Whether a registry may refuse the manifest when the content is missing: not so for layers that clients keep to
   * themselves, nor for what was only guessed to be a reference. For a `child` it is the registry's choice (sparse indexes).
   */
  readonly required: boolean;
}

/** What the manifest keeps alive: each digest once per role, in the manifest's order. */
export function contentReferences(manifest: Manifest): ContentReference[] {
  const known = manifest.kind !== 'other';
  const found = new Map<string, ContentReference>();
  const add = (role: ContentReference['role'], descriptor: Descriptor): void => {
    const required = known && !(role === 'layer' && isNondistributable(descriptor.mediaType));
    const key = `${role} ${descriptor.digest.toString()}`;
    const before = found.get(key);
    if (before === undefined || (required && !before.required)) found.set(key, { role, descriptor, required });
  };
  if (manifest.config !== undefined) add('config', manifest.config);
  for (const layer of manifest.layers) add('layer', layer);
  for (const blob of manifest.blobs) add('blob', blob);
  for (const child of manifest.manifests) add('child', child);
  return [...found.values()];
}

const noFields: Fields = { layers: [], manifests: [], blobs: [] };

function mediaTypeOf(contentType: string | undefined, body: JsonObject | undefined): string {
  const announced = contentType === undefined ? '' : withoutParameters(contentType);
  const own = body === undefined ? undefined : optionalText(body, 'mediaType', 'manifest');
  const mediaType = own ?? announced;
  if (mediaType === '') throw new ManifestInvalid('neither Content-Type nor the manifest itself says its media type');
  if (!isMediaType(mediaType)) throw new ManifestInvalid('media type of the manifest is ill-formed');
  if (announced !== '' && announced.toLowerCase() !== mediaType.toLowerCase()) {
    throw new ManifestInvalid('Content-Type and the mediaType of the manifest differ', { announced, mediaType });
  }
  return mediaType;
}

const refused: readonly string[] = [mediaTypes.schema1, mediaTypes.signedSchema1];

/** Docker's clients once sent it as `application/json`, too; another type may count its own versions. */
function refuseSchema1(mediaType: string, body: JsonObject | undefined): void {
  const type = mediaType.toLowerCase();
  const versionOne = body?.['schemaVersion'] === 1;
  const looksLikeIt = versionOne && (body['fsLayers'] !== undefined || type === 'application/json');
  if (refused.includes(type) || looksLikeIt) {
    throw new ManifestInvalid('Docker schema 1 manifests are not supported: push with a current client');
  }
}

function strictFields(kind: 'image' | 'index', body: JsonObject, limits: ManifestLimits): Fields {
  refuseLookalikes(body, names, 'manifest');
  if (body['schemaVersion'] !== 2) throw new ManifestInvalid('schemaVersion of the manifest is not 2');
  const foreign = kind === 'image' ? ['manifests'] : ['config', 'layers'];
  const ambiguous = foreign.find((name) => present(body, name));
  if (ambiguous !== undefined)
    throw new ManifestInvalid(`an ${kind} manifest has no ${ambiguous}`, { field: ambiguous });
  const subject = present(body, 'subject') ? parseDescriptor(body['subject'], 'subject') : undefined;
  const annotations = annotationsOf(body, 'manifest');
  const config = kind === 'image' ? parseDescriptor(body['config'], 'config') : undefined;
  const artifactType = optionalText(body, 'artifactType', 'manifest') ?? config?.mediaType;
  return {
    layers: parseDescriptors(body['layers'], 'layers', limits.layers),
    manifests: parseDescriptors(body['manifests'], 'manifests', limits.children),
    blobs: [],
    ...(config && { config }),
    ...(subject && { subject }),
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  };
}

function present(body: JsonObject, name: string): boolean {
  return body[name] !== undefined && body[name] !== null;
}

function generousFields(body: JsonObject, limits: ManifestLimits): Fields {
  if (Array.isArray(body['layers']) && Array.isArray(body['manifests'])) {
    throw new ManifestInvalid('a manifest has either layers or manifests, not both');
  }
  const config = likeDescriptor(body['config']);
  const subject = likeDescriptor(body['subject']);
  const artifactType = attempt(() => optionalText(body, 'artifactType', 'manifest'));
  const annotations = attempt(() => annotationsOf(body, 'manifest'));
  return {
    layers: likeDescriptors(body, 'layers', limits.layers),
    manifests: likeDescriptors(body, 'manifests', limits.children),
    blobs: likeDescriptors(body, 'blobs', limits.layers),
    ...(config && { config }),
    ...(subject && { subject }),
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  };
}

function likeDescriptors(body: JsonObject, name: string, limit: number): Descriptor[] {
  const value = body[name];
  const found = Array.isArray(value) ? value.map(likeDescriptor).filter((entry) => entry !== undefined) : [];
  if (found.length > limit) {
    throw new ManifestInvalid(`${name} has more than ${limit} entries`, { field: name, limit, found: found.length });
  }
  return found;
}

/** The digest is what matters; where the rest is ill-formed, the media type is unknown and the size 0. */
function likeDescriptor(value: unknown): Descriptor | undefined {
  const descriptor = attempt(() => parseDescriptor(value, 'descriptor'));
  if (descriptor !== undefined || !isObject(value)) return descriptor;
  const text = value['digest'];
  const digest = typeof text === 'string' ? attempt(() => Digest.parse(text)) : undefined;
  return digest && { mediaType: mediaTypes.octetStream, digest, size: 0 };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
