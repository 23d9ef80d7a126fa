import { Digest } from './digest';
import { DigestInvalid, ManifestInvalid } from './errors';
import { isObject, JsonObject } from './json';

/** image-spec `image-index.md`, "platform". */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
}

/** image-spec `descriptor.md`: what names a piece of content. `size` in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  /** Where else the content may be found: kept, never followed. */
  readonly urls?: readonly string[];
  /** Base64 of the content itself. */
  readonly data?: string;
}

const names = ['mediaType', 'digest', 'size', 'artifactType', 'annotations', 'platform', 'urls', 'data'];

/**
 * Takes a value out of parsed JSON; `field` names it in the error. Unknown fields are left out, null counts as absent.
 * Throws {@link ManifestInvalid} when it breaks image-spec `descriptor.md`, and when `data` has not `size` bytes. That
 * `data` has the digest is not checked: this library hashes nothing, and nobody may take `data` for the content unchecked.
 */
export function parseDescriptor(value: unknown, field: string): Descriptor {
  if (!isObject(value)) throw new ManifestInvalid(`${field} is not a descriptor`, { field });
  refuseLookalikes(value, names, field);
  const size = sizeOf(value, field);
  return withoutUndefined({
    mediaType: requiredText(value, 'mediaType', field),
    digest: digestOf(value, field),
    size,
    artifactType: optionalText(value, 'artifactType', field),
    annotations: annotationsOf(value, field),
    platform: platformOf(value, field),
    urls: optionalTexts(value, 'urls', field),
    data: dataOf(value, size, field),
  });
}

/** The same for a field that may be absent. */
export function parseDescriptors(value: unknown, field: string, limit: number): Descriptor[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ManifestInvalid(`${field} is not a list`, { field });
  if (value.length > limit) {
    throw new ManifestInvalid(`${field} has more than ${limit} entries`, { field, limit, found: value.length });
  }
  return value.map((entry, at) => parseDescriptor(entry, `${field}[${at}]`));
}

/**
 * JSON readers in Go take `Layers` for `layers`: a manifest that has both would mean one thing here and another there.
 * Throws {@link ManifestInvalid} for a field that is one of `known` but for the case of its letters.
 */
export function refuseLookalikes(object: JsonObject, known: readonly string[], field: string): void {
  for (const key of Object.keys(object)) {
    const name = known.find((each) => each.length === key.length && each !== key && fold(each) === fold(key));
    if (name !== undefined) {
      throw new ManifestInvalid(`${field} has a field that differs from ${name} in case only`, { field: key });
    }
  }
}

/** Both ways round, for the letters with three forms: the Kelvin sign is a k, the long s is an s. */
function fold(name: string): string {
  return name.toLowerCase().toUpperCase();
}

/** Gives a map of strings, without a prototype's fields; undefined where there is none. */
export function annotationsOf(object: JsonObject, field: string): Readonly<Record<string, string>> | undefined {
  const value = object['annotations'];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new ManifestInvalid(`annotations of ${field} are not an object`, { field });
  const entries = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== 'string') throw new ManifestInvalid(`annotations of ${field} are not all strings`, { field });
    return [key, text];
  });
  return Object.fromEntries(entries);
}

/** Gives the text of a field, undefined where it is absent, null or empty. */
export function optionalText(object: JsonObject, name: string, field: string): string | undefined {
  const value = object[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new ManifestInvalid(`${name} of ${field} is not a string`, { field });
  return value;
}

function requiredText(object: JsonObject, name: string, field: string): string {
  const text = optionalText(object, name, field);
  if (text === undefined) throw new ManifestInvalid(`${field} has no ${name}`, { field });
  return text;
}

function optionalTexts(object: JsonObject, name: string, field: string): readonly string[] | undefined {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  const texts: readonly unknown[] = Array.isArray(value) ? value : [undefined];
  return texts.map((text) => {
    if (typeof text !== 'string') throw new ManifestInvalid(`${name} of ${field} is not a list of strings`, { field });
    return text;
  });
}

/** An ill-formed digest inside a manifest is a fault of the manifest, not of the request's digest. */
function digestOf(object: JsonObject, field: string): Digest {
  const text = requiredText(object, 'digest', field);
  try {
    return Digest.parse(text);
  } catch (error) {
    if (!(error instanceof DigestInvalid)) throw error;
    throw new ManifestInvalid(`${field}: ${error.message}`, { field, digest: text.slice(0, 200) });
  }
}

/** Beyond 2⁵³ − 1 a number no longer says which integer the sender wrote. */
function sizeOf(object: JsonObject, field: string): number {
  const size = object['size'];
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new ManifestInvalid(`size of ${field} is not a number of bytes`, { field });
  }
  return size + 0;
}

function dataOf(object: JsonObject, size: number, field: string): string | undefined {
  const data = optionalText(object, 'data', field);
  if (data === undefined) return undefined;
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) {
    throw new ManifestInvalid(`data of ${field} is not base64`, { field });
  }
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  if ((data.length / 4) * 3 - padding !== size) {
    throw new ManifestInvalid(`data of ${field} does not have ${size} bytes`, { field });
  }
  return data;
}

/** Some tools leave out architecture and os, which reads as empty elsewhere. */
function platformOf(object: JsonObject, field: string): Platform | undefined {
  const value = object['platform'];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new ManifestInvalid(`platform of ${field} is not an object`, { field });
  return withoutUndefined({
    architecture: optionalText(value, 'architecture', field) ?? '',
    os: optionalText(value, 'os', field) ?? '',
    'os.version': optionalText(value, 'os.version', field),
    'os.features': optionalTexts(value, 'os.features', field),
    variant: optionalText(value, 'variant', field),
  });
}

/** Absent fields are absent, so that a descriptor prints as JSON the way it was read. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
