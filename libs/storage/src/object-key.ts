import { randomUUID } from 'node:crypto';
import { StorageFailed } from './errors';
import { ObjectKey } from './storage-driver';

const pattern = /^objects\/[0-9a-f]{2}\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isObjectKey(text: string): boolean {
  return pattern.test(text);
}

/** No other text may become a path or the name of an object. */
export function requireObjectKey(key: ObjectKey): void {
  if (!isObjectKey(key)) throw new StorageFailed('not the key of an object');
}

export function newObjectKey(): ObjectKey {
  const uuid = randomUUID();
  return `objects/${uuid.slice(-2)}/${uuid}`;
}
