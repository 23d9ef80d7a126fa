/** How loud an error is in the log: what a client did wrong is `debug`, what an operator must see is `error`. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The facts that make up one error class: its OCI code, HTTP status and loudness. */
interface ErrorKind {
  readonly code: string;
  readonly status: number;
  readonly logLevel: LogLevel;
}

/**
 * What a registry answers when it refuses. One subclass per code of the distribution-spec v1.1.1 table "Error Codes",
 * plus those that the CNCF reference registry adds and that clients understand (`reference: errcode/register.go`).
 * `libs/distribution` encodes it to the spec's JSON and decodes the same JSON back to the same class.
 */
export abstract class RegistryError extends Error {
  abstract readonly kind: ErrorKind;
  /** Anything JSON can hold, for machines. */
  readonly detail: unknown;
  /** Response headers that belong to the refusal: `WWW-Authenticate`, `Retry-After`, `Range`, `Location`, `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, detail?: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = new.target.name;
    this.detail = detail;
    this.headers = headers;
  }

  get code(): string {
    return this.kind.code;
  }

  get status(): number {
    return this.kind.status;
  }

  get logLevel(): LogLevel {
    return this.kind.logLevel;
  }
}

type RegistryErrorClass = new (
  message: string,
  detail?: unknown,
  headers?: Readonly<Record<string, string>>,
) => RegistryError;

const quiet = (code: string, status: number): ErrorKind => ({ code, status, logLevel: 'debug' });

export class BlobUnknown extends RegistryError {
  readonly kind = quiet('BLOB_UNKNOWN', 404);
}

/** Status 400, not the 404 of the CNCF registry: conformance and ggcr expect the 400 class. */
export class BlobUploadInvalid extends RegistryError {
  readonly kind = quiet('BLOB_UPLOAD_INVALID', 400);
}

export class BlobUploadUnknown extends RegistryError {
  readonly kind = quiet('BLOB_UPLOAD_UNKNOWN', 404);
}

export class DigestInvalid extends RegistryError {
  readonly kind = quiet('DIGEST_INVALID', 400);
}

export class ManifestBlobUnknown extends RegistryError {
  readonly kind = quiet('MANIFEST_BLOB_UNKNOWN', 400);
}

export class ManifestInvalid extends RegistryError {
  readonly kind = quiet('MANIFEST_INVALID', 400);
}

/** The same code with the status the spec asks for beyond the size limit (end-7: 413). */
export class ManifestTooLarge extends RegistryError {
  readonly kind = quiet('MANIFEST_INVALID', 413);
}

export class ManifestUnknown extends RegistryError {
  readonly kind = quiet('MANIFEST_UNKNOWN', 404);
}

export class NameInvalid extends RegistryError {
  readonly kind = quiet('NAME_INVALID', 400);
}

export class NameUnknown extends RegistryError {
  readonly kind = quiet('NAME_UNKNOWN', 404);
}

export class SizeInvalid extends RegistryError {
  readonly kind = quiet('SIZE_INVALID', 400);
}

/** A blob beyond the configured limit. */
export class BlobTooLarge extends RegistryError {
  readonly kind = quiet('SIZE_INVALID', 413);
}

/** A request target with more tags than a push may set (end-7b: 414). */
export class TooManyTags extends RegistryError {
  readonly kind = quiet('SIZE_INVALID', 414);
}

export class Unauthorized extends RegistryError {
  readonly kind = quiet('UNAUTHORIZED', 401);
}

export class Denied extends RegistryError {
  readonly kind = quiet('DENIED', 403);
}

export class Unsupported extends RegistryError {
  readonly kind = quiet('UNSUPPORTED', 405);
}

export class TooManyRequests extends RegistryError {
  readonly kind = quiet('TOOMANYREQUESTS', 429);
}

/** Not in the OCI table: a `Range` or `Content-Range` that does not fit. */
export class RangeInvalid extends RegistryError {
  readonly kind = quiet('RANGE_INVALID', 416);
}

/** Not in the OCI table: `n` of a list is not a number or out of bounds. */
export class PageInvalid extends RegistryError {
  readonly kind = quiet('PAGINATION_NUMBER_INVALID', 400);
}

/** Not in the OCI table: try again later; carries `Retry-After`. */
export class Unavailable extends RegistryError {
  readonly kind: ErrorKind = { code: 'UNAVAILABLE', status: 503, logLevel: 'warn' };
}

/** Not in the OCI table: our own fault. */
export class Unknown extends RegistryError {
  readonly kind: ErrorKind = { code: 'UNKNOWN', status: 500, logLevel: 'error' };
}

/** Every class, for encoding, decoding and the test that holds the list against the spec's table. */
export const registryErrors: readonly RegistryErrorClass[] = [
  BlobUnknown,
  BlobUploadInvalid,
  BlobUploadUnknown,
  DigestInvalid,
  ManifestBlobUnknown,
  ManifestInvalid,
  ManifestTooLarge,
  ManifestUnknown,
  NameInvalid,
  NameUnknown,
  SizeInvalid,
  BlobTooLarge,
  TooManyTags,
  Unauthorized,
  Denied,
  Unsupported,
  TooManyRequests,
  RangeInvalid,
  PageInvalid,
  Unavailable,
  Unknown,
];
