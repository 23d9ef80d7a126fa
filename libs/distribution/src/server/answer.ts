import { ByteRange, RegistryError, StoredBlob } from '@ncr/oci';
import { encodeError } from '../wire-error';

/** Names and values in turn, as they go on the wire. */
export type HeaderList = readonly string[];

/** A part of a body: bytes in memory, or a range of a blob that is read while it is sent. */
export type Piece = Uint8Array | { readonly blob: StoredBlob; readonly range: ByteRange };

/**
 * What an endpoint says: status and headers of the specification, `Content-Length` always among them where a body is
 * possible. The adapter that writes it leaves the body out for HEAD and adds only what belongs to the connection.
 */
export interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body?: Uint8Array | readonly Piece[];
  /** The bytes of `body` once more, one character each: a small body leaves in one write with its head. */
  readonly text?: string;
}

/** Up to here a copy into the head costs less than a second buffer for the kernel. */
export const textLimit = 16 * 1024;

/** On every answer: clients of the Docker API look for the first (`docker manifest`, proxies). */
const always: HeaderList = ['Docker-Distribution-Api-Version', 'registry/2.0', 'X-Content-Type-Options', 'nosniff'];

/** On content that somebody pushed: a browser must neither run nor render it (AC-66). */
const inert: HeaderList = ['Content-Security-Policy', 'sandbox', 'Content-Disposition', 'attachment'];

/** An answer without a body. */
export function emptyAnswer(status: number, headers: HeaderList = []): Answer {
  const length = status === 204 || status === 304 ? [] : ['Content-Length', '0'];
  return { status, headers: [...always, ...headers, ...length] };
}

/** An answer with JSON of our own making. `type` without parameters, because clients compare it exactly. */
export function jsonAnswer(value: unknown, headers: HeaderList = [], type = 'application/json'): Answer {
  const body = Buffer.from(JSON.stringify(value));
  return { status: 200, headers: [...always, ...jsonHeaders(type, body), ...headers], body };
}

/** An answer with pushed content; `length` is the length of the body that GET has. */
export function contentAnswer(status: number, headers: HeaderList, length: number, body?: Answer['body']): Answer {
  return { status, headers: [...always, ...inert, ...headers, 'Content-Length', String(length)], body };
}

/** The specification's JSON for a refusal, with the headers that belong to it. */
export function errorAnswer(error: RegistryError): Answer {
  const body = encodeError(error);
  const headers = Object.entries(error.headers).flat();
  return { status: error.status, headers: [...always, ...jsonHeaders('application/json', body), ...headers], body };
}

function jsonHeaders(type: string, body: Uint8Array): HeaderList {
  return ['Content-Type', type, 'Content-Length', String(body.length), 'Cache-Control', 'no-store'];
}
