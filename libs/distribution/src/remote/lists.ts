import { Readable } from 'node:stream';
import { Descriptor, parseDescriptor, RegistryError, Unknown } from '@ncr/oci';
import { readBody } from './body';

/** A page of another registry is not longer than this, in bytes. */
const pageLimit = 32 * 1024 * 1024;

export type JsonPage = Readonly<Record<string, unknown>>;

/** Reads a page of JSON. Throws `Unknown` for anything else. */
export async function readPage(body: Readable): Promise<JsonPage> {
  return parsePage(await readBody(body, pageLimit, () => new Unknown('the list of the registry is too long')));
}

/** As {@link readPage}, from bytes in memory. */
export function parsePage(bytes: Uint8Array): JsonPage {
  try {
    return Object(JSON.parse(Buffer.from(bytes).toString('utf8'))) as JsonPage;
  } catch {
    throw new Unknown('the registry answered with something that is not JSON');
  }
}

/** Some registries send null for an empty list. */
export function textsOf(list: unknown): string[] {
  const entries: unknown[] = Array.isArray(list) ? list : [];
  return entries.filter((entry) => typeof entry === 'string');
}

/** The entries of an image index. Throws `Unknown` for a list with an entry that is no descriptor. */
export function descriptorsOf(list: unknown): Descriptor[] {
  const entries: unknown[] = Array.isArray(list) ? list : [];
  try {
    return entries.map((entry) => parseDescriptor(entry, 'manifests'));
  } catch (error) {
    if (error instanceof RegistryError) throw new Unknown('the registry listed something that is no descriptor');
    throw error;
  }
}

const remembered = 1000;

/**
 * Where the next pages are. Callers go on after the last entry they saw; registries that page by opaque tokens understand
 * only their own link, so that is kept under the entry.
 */
export class NextPages {
  private readonly links = new Map<string, string>();

  keep(list: string, last: string, link: string): void {
    if (this.links.size >= remembered) this.links.clear();
    this.links.set(`${list} ${last}`, link);
  }

  after(list: string, last: string | undefined): string | undefined {
    return last === undefined ? undefined : this.links.get(`${list} ${last}`);
  }
}
