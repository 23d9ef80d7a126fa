import { Digest } from './digest';
import { ManifestInvalid } from './errors';

const pattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** A tag of the distribution-spec: up to 128 of letters, digits, `_`, `.`, `-`, not starting with `.` or `-`. */
export class Tag {
  private constructor(readonly name: string) {}

  static is(text: string): boolean {
    return pattern.test(text);
  }

  /** Throws {@link ManifestInvalid} when the text is not a tag. */
  static parse(text: string): Tag {
    if (!pattern.test(text)) throw new ManifestInvalid('a tag is up to 128 of letters, digits, _ . and -');
    return new Tag(text);
  }

  toString(): string {
    return this.name;
  }

  toJSON(): string {
    return this.name;
  }
}

/** What stands for `<reference>` in a manifest path. */
export type Reference = Tag | Digest;

/**
 * Text with a colon must be a digest, anything else a tag.
 * Throws `DigestInvalid` (400) for the first, {@link ManifestInvalid} for the second; a server that reads turns the
 * latter into 404, as the v1.1.1 conformance suite asks.
 */
export function parseReference(text: string): Reference {
  return text.includes(':') ? Digest.parse(text) : Tag.parse(text);
}
