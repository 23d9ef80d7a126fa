/** What a read case asks for. */
export type Asked =
  | { of: 'version' }
  | { of: 'manifest'; by: 'tag' | 'digest' }
  | { of: 'blob'; size: number }
  | { of: 'tags'; page?: number };

interface Common {
  name: string;
  connections: number;
  /** What its rate counts: operations, or 10^6 bytes of content, each per second. */
  unit: 'req/s' | 'MB/s';
  /** The rate that the product is to reach, as a multiple of distribution's. */
  target?: number;
}

/** GET or HEAD of the same thing, again and again. */
export interface ReadCase extends Common {
  kind: 'read';
  method: 'GET' | 'HEAD';
  asked: Asked;
}

/** Blobs of new content, by POST and PUT. */
export interface PushCase extends Common {
  kind: 'push';
  size: number;
}

export type Case = ReadCase | PushCase;

const KiB = 1024;
const MiB = 1024 * KiB;

/** Sizes of the blobs that are pulled and pushed. */
export const sizes = { '10 KiB': 10 * KiB, '1 MiB': MiB, '100 MiB': 100 * MiB } as const;

type SizeName = keyof typeof sizes;

function read(method: 'GET' | 'HEAD', what: string, asked: Asked, connections: number): ReadCase {
  return { kind: 'read', name: `${method} ${what} c${connections}`, method, asked, connections, unit: 'req/s' };
}

function manifest(method: 'GET' | 'HEAD', by: 'tag' | 'digest', connections: number): ReadCase {
  const found = read(method, `manifest by ${by}`, { of: 'manifest', by }, connections);
  return method === 'GET' ? { ...found, target: 2 } : found;
}

function pull(size: SizeName, connections: number): ReadCase {
  const unit = size === '10 KiB' ? 'req/s' : 'MB/s';
  return { ...read('GET', `blob ${size}`, { of: 'blob', size: sizes[size] }, connections), unit, target: 0.9 };
}

function push(size: SizeName, connections: number, target?: number): PushCase {
  const unit = size === '10 KiB' ? 'req/s' : 'MB/s';
  const name = `push ${size} (POST+PUT) c${connections}`;
  return { kind: 'push', name, size: sizes[size], connections, unit, ...(target === undefined ? {} : { target }) };
}

/** All cases, in the order in which a round runs them; takes the number of tags in the large repository. */
export function cases(tags: number): Case[] {
  return [
    read('GET', '/v2/', { of: 'version' }, 16),
    manifest('HEAD', 'tag', 1),
    manifest('HEAD', 'tag', 16),
    manifest('HEAD', 'digest', 16),
    manifest('GET', 'tag', 1),
    manifest('GET', 'tag', 16),
    manifest('GET', 'digest', 16),
    read('GET', `tags/list of ${tags}, whole`, { of: 'tags' }, 16),
    read('GET', `tags/list of ${tags}, n=100`, { of: 'tags', page: 100 }, 16),
    pull('10 KiB', 16),
    pull('1 MiB', 16),
    pull('100 MiB', 1),
    pull('100 MiB', 4),
    push('10 KiB', 8, 1.5),
    push('1 MiB', 4),
    push('100 MiB', 1, 0.8),
    push('100 MiB', 4, 0.8),
  ];
}
