import { DigestInvalid } from './errors';

/** Registered algorithms of the image-spec (`descriptor.md`, "Registered Algorithms") that this registry stores. */
export const digestAlgorithms = { sha256: { bytes: 32, code: 0x12 }, sha512: { bytes: 64, code: 0x13 } } as const;
export type DigestAlgorithm = keyof typeof digestAlgorithms;

/** Takes text, says whether it names an algorithm that this registry can compute. */
export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return Object.hasOwn(digestAlgorithms, text);
}

const pattern = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** A content address: `sha256:` and 64, or `sha512:` and 128, lower-case hexadecimal characters (image-spec, "Digests"). */
export class Digest {
  private constructor(
    readonly algorithm: DigestAlgorithm,
    private readonly text: string,
  ) {}

  /** Throws {@link DigestInvalid} for anything that is not exactly a registered digest. */
  static parse(text: string): Digest {
    if (text.length > 135 || !pattern.test(text)) throw new DigestInvalid('not a sha256 or sha512 digest');
    return new Digest(text.slice(0, 6) as DigestAlgorithm, text);
  }

  /** Takes the hexadecimal form that a hash function gives. */
  static of(algorithm: DigestAlgorithm, hex: string): Digest {
    return Digest.parse(`${algorithm}:${hex}`);
  }

  /** Takes the stored form of {@link toBytes}; throws {@link DigestInvalid}. */
  static fromBytes(bytes: Uint8Array): Digest {
    for (const [name, { code }] of Object.entries(digestAlgorithms)) {
      if (bytes[0] === code) return Digest.parse(`${name}:${toHex(bytes.subarray(1))}`);
    }
    throw new DigestInvalid('stored digest has an unknown algorithm');
  }

  get hex(): string {
    return this.text.slice(7);
  }

  /** The stored form: one byte for the algorithm (its multicodec code), then the raw hash: 33 or 65 bytes. */
  toBytes(): Uint8Array {
    const { code, bytes } = digestAlgorithms[this.algorithm];
    const out = new Uint8Array(1 + bytes);
    out[0] = code;
    for (let i = 0; i < bytes; i++) out[i + 1] = Number.parseInt(this.text.slice(7 + 2 * i, 9 + 2 * i), 16);
    return out;
  }

  equals(other: Digest): boolean {
    return this.text === other.text;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}
