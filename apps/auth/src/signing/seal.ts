import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/*
 * AES-256-GCM: version (1 byte, 1) · nonce (12) · tag (16) · ciphertext. `place` says where the box belongs
 * (`table|row`): a box copied to another row does not open.
 */
const version = 1;
const header = 1 + 12 + 16;

/** Encrypts so that only the holder of the 32-byte key reads or changes it. */
export function seal(key: Buffer, place: string, content: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), sealed]);
}

/** The content of a box; throws when the key, the place or a single bit is another. */
export function open(key: Buffer, place: string, box: Buffer): Buffer {
  if (box.length < header || box[0] !== version) throw new Error(`not a sealed box: ${place}`);
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(1, 13), { authTagLength: 16 })
    .setAAD(Buffer.from(place))
    .setAuthTag(box.subarray(13, header));
  return Buffer.concat([decipher.update(box.subarray(header)), decipher.final()]);
}
