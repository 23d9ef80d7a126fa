import { STATUS_CODES } from 'node:http';
import { ProblemDocument, ProblemField } from '@ncr/contracts';

/** What a {@link Problem} may say beyond its code. */
export interface ProblemFacts {
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly fields?: readonly ProblemField[];
  /** Response headers that belong to the refusal, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A refusal of the management API (RFC 9457). `code` is stable; `detail` is English for people without the console. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly facts: ProblemFacts = {},
  ) {
    super(detail, { cause: facts.cause });
    this.name = 'Problem';
  }

  get headers(): Readonly<Record<string, string>> {
    return this.facts.headers ?? {};
  }

  /** The answer's body; `requestId` lets a person find the request in the log. */
  toDocument(requestId?: string): ProblemDocument {
    const { parameters, fields } = this.facts;
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      code: this.code,
      detail: this.detail,
      ...(parameters && { parameters }),
      ...(fields && { fields }),
      ...(requestId && { instance: requestId }),
    };
  }
}

/** 401: nobody is signed in, or the token is not good; why, is for the log only. */
export const unauthenticated = (): Problem =>
  new Problem(401, 'unauthenticated', 'sign in, or send a valid access key or token', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });

/** 403: signed in, sees the thing, may not do this. */
export const forbidden = (): Problem => new Problem(403, 'forbidden', 'your role does not allow this');

/** 404 for a registry that does not exist, and the same for one that the caller may not see (ROL-4). */
export const registryUnknown = (): Problem =>
  new Problem(404, 'registry-unknown', 'this registry does not exist, or you have no access to it');

/** 404 for everything else. */
export const notFound = (): Problem => new Problem(404, 'not-found', 'there is nothing here');

/** 503: try again in a few seconds. */
export const unavailable = (detail: string, cause?: unknown): Problem =>
  new Problem(503, 'unavailable', detail, { headers: { 'Retry-After': '5' }, cause });

/** The entity tag of a thing with a version. */
export const etagOf = (version: number): string => `"${version}"`;

/** Throws 412 when the client's `If-Match` names another version; nothing when it sent none. */
export function requireMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch.split(',').some((tag) => tag.trim() === etagOf(version)))
    return;
  throw new Problem(412, 'changed-meanwhile', 'it was changed after you read it');
}
