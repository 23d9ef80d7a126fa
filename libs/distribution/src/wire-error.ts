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
 * Gives the class that {@link encodeError} took. The code decides, then the status. Where the caller knows what a 404 is
 * about, `absent` is its class whatever the body says: an answer to HEAD has none, and must not differ from that to GET.
 */
export function decodeError(refusal: Refusal, absent?: RegistryErrorClass): RegistryError {
  if (refusal.status === 404 && absent !== undefined) return new absent('the registry does not have it');
  const { code, message, detail } = firstError(refusal.body);
  const named = classes.filter((entry) => entry.code === code);
  const found = named.find((entry) => entry.status === refusal.status) ?? named[0];
  const headers: Record<string, string> = {};
  for (const name of lasting) {
    const value = refusal.headers[name.toLowerCase()];
    if (typeof value === 'string') headers[name] = value;
  }
  const Class = found?.class ?? byStatus(refusal.status);
  return new Class(message ?? `the registry answered ${refusal.status}`, detail, headers);
}

const classes = registryErrors.map((entry) => {
  const { code, status } = new entry('');
  return { class: entry, code, status };
});

function byStatus(status: number): RegistryErrorClass {
  if (status === 502 || status === 503 || status === 504) return Unavailable;
  return statuses.get(status) ?? Unknown;
}

const statuses: ReadonlyMap<number, RegistryErrorClass> = new Map<number, RegistryErrorClass>([
  [401, Unauthorized],
  [403, Denied],
  [404, NameUnknown],
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
