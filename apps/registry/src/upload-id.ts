import { BlobUploadUnknown, DigestAlgorithm, RepositoryName } from '@ncr/oci';
import { createHmac, createSecretKey, KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';

/** Whose upload an id is, since when, and by which algorithm it is hashed. */
export interface UploadOwner {
  readonly registryId: string;
  readonly repository: RepositoryName;
  readonly principal: string;
}

export interface UploadClaims {
  /** 128 random bits in the form of a uuid: the key of the upload's row. */
  readonly key: string;
  readonly started: Date;
  readonly algorithm: DigestAlgorithm;
}

/** Days for which an id is honoured; its tombstone stays as long. */
export const uploadIdDays = 7;

const claimsLength = 16 + 6 + 1;

/**
 * An upload id is a capability that nothing was stored for: random key, start (ms), algorithm, and an HMAC over these
 * and the owner. In a foreign repository, for a foreign principal or under a new registry of the same name it is unknown
 * (AC-07, AC-11).
 */
export class UploadIds {
  private readonly key: KeyObject;

  constructor(key: Buffer) {
    this.key = createSecretKey(key);
  }

  issue(owner: UploadOwner, algorithm: DigestAlgorithm): string {
    const claims = Buffer.alloc(claimsLength);
    randomBytes(16).copy(claims);
    claims.writeUIntBE(Date.now(), 16, 6);
    claims.writeUInt8(algorithm === 'sha256' ? 1 : 2, 22);
    return Buffer.concat([claims, this.sign(claims, owner)]).toString('base64url');
  }

  /** Throws `BlobUploadUnknown` for an id that is not this owner's, is malformed or too old. */
  open(id: string, owner: UploadOwner): UploadClaims {
    const bytes = Buffer.from(id, 'base64url');
    const claims = bytes.subarray(0, claimsLength);
    const canonical = bytes.length === claimsLength + 16 && bytes.toString('base64url') === id;
    if (!canonical || !timingSafeEqual(bytes.subarray(claimsLength), this.sign(claims, owner))) throw unknown();
    const started = new Date(claims.readUIntBE(16, 6));
    if (Date.now() - started.getTime() > uploadIdDays * 86_400_000) throw unknown();
    return { key: uuid(claims.subarray(0, 16)), started, algorithm: claims[22] === 1 ? 'sha256' : 'sha512' };
  }

  private sign(claims: Buffer, owner: UploadOwner): Buffer {
    const mac = createHmac('sha256', this.key).update(claims);
    return mac.update(`${owner.registryId}\n${owner.repository}\n${owner.principal}`).digest().subarray(0, 16);
  }
}

/** When an id says it was issued, unchecked: for judging a token that ran out while its upload was going on. */
export function uploadStarted(id: string): Date | undefined {
  const bytes = Buffer.from(id, 'base64url');
  return bytes.length === claimsLength + 16 ? new Date(bytes.readUIntBE(16, 6)) : undefined;
}

function unknown(): BlobUploadUnknown {
  return new BlobUploadUnknown('upload is unknown, finished, or given up');
}

function uuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
