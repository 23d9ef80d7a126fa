import {
  Denied,
  ManifestTooLarge,
  NameUnknown,
  RangeInvalid,
  RegistryError,
  TooManyRequests,
  Unauthorized,
  Unavailable,
  Unknown,
  Unsupported,
  registryErrors,
} from '@ncr/oci';

export type RegistryErrorClass = (typeof registryErrors)[number];

/** Gives the body of the distribution-spec, section "Error Codes". */
export function encodeError(error: RegistryError): Uint8Array {
  const { code, message, detail } = error;
  return Buffer.from(
    JSON.stringify({ errors: [detail === undefined ? { code, message } : { code, message, detail }] }),
  );
}

/** An answer that is not a success, as the client saw it. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As much of the body as was worth reading; empty for HEAD. */
  readonly body: string;
}

/** Headers that say something to the next client, too; the others (`Location`, challenges) belong to this hop alone. */
const lasting = ['Retry-After', 'Range', 'Content-Range', 'Allow'] as const;

/**
 * Gives the class that {@link encodeError} took. The code decides, then the status; `absent` is the class for a 404
 * that carries no body, as every answer to HEAD.
 */
export function decodeError(refusal: Refusal, absent: RegistryErrorClass = NameUnknown): RegistryError {
  const { code, message, detail } = firstError(refusal.body);
  const named = classes.filter((entry) => entry.code === code);
  const found =
    named.find((entry) => entry.status === refusal.status)?.class ??
    named[0]?.class ??
    byStatus(refusal.status, absent);
  const headers: Record<string, string> = {};
  for (const name of lasting) {
    const value = refusal.headers[name.toLowerCase()];
    if (typeof value === 'string') headers[name] = value;
  }
  return new found(message ?? `the registry answered ${refusal.status}`, detail, headers);
}

const classes = registryErrors.map((entry) => {
  const { code, status } = new entry('');
  return { class: entry, code, status };
});

function byStatus(status: number, absent: RegistryErrorClass): RegistryErrorClass {
  if (status === 404) return absent;
  if (status === 502 || status === 503 || status === 504) return Unavailable;
  return statuses.get(status) ?? Unknown;
}

const statuses: ReadonlyMap<number, RegistryErrorClass> = new Map<number, RegistryErrorClass>([
  [401, Unauthorized],
  [403, Denied],
  [405, Unsupported],
  [413, ManifestTooLarge],
  [416, RangeInvalid],
  [429, TooManyRequests],
]);

/** The first entry of `errors`, whatever of it is there; a body that is something else is as good as none. */
function firstError(body: string): { code?: string; message?: string; detail?: unknown } {
  try {
    const parsed = JSON.parse(body) as { errors?: unknown } | null;
    const first: unknown = Array.isArray(parsed?.errors) ? parsed.errors[0] : undefined;
    if (typeof first !== 'object' || first === null) return {};
    const { code, message, detail } = first as Record<string, unknown>;
    return {
      code: typeof code === 'string' ? code : undefined,
      message: typeof message === 'string' ? message : undefined,
      detail,
    };
  } catch {
    return {};
  }
}
