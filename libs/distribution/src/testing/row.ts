import { Given } from './content';

/** What the specification leaves to an implementation: rows for the other choice are left out. */
export type Choice = 'sparse' | 'strict';

/** What belongs to a request besides method and target, and what belongs to its answer besides the status. */
export interface Details {
  readonly headers?: Readonly<Record<string, string>>;
  /** Added to the target behind `?` or `&`, as it stands here. */
  readonly query?: string;
  readonly body?: Uint8Array | string;
  /** How the request says where its body ends: by its length (the usual), in chunks, or not at all. */
  readonly framing?: 'length' | 'chunked' | 'none';
  /** Sent when half of the body has gone out. */
  readonly meanwhile?: readonly Step[];
  /** Breaks the connection off after half of the body: there is no answer. */
  readonly breakOff?: true;
  /** Sends only what lies behind the `Range` of the answer before: what a client does that resumes. */
  readonly rest?: true;
  /** Repeated for two seconds until the status fits. */
  readonly patiently?: true;

  /** The OCI code of a refusal, or one of several. */
  readonly code?: string | readonly string[];
  /** Headers of the answer; null for one that must not be there; a `*` at the end for "starts with". */
  readonly gives?: Readonly<Record<string, string | RegExp | null>>;
  readonly content?: Uint8Array;
  /** Any further demand on the answer's bytes. */
  readonly bytes?: (body: Buffer) => void;
  /** The JSON of the answer, all of it. */
  readonly json?: unknown;
  /** Any further demand on the answer's JSON. */
  readonly check?: (json: unknown) => void;
  /** Remembers the answer's `Location` under this name, too. */
  readonly keep?: string;
}

/** One request with the answer that it must have. `{repo}`, `{other}`, `{location}`, `{next}` stand for what is known by then. */
export interface Step extends Details {
  readonly send: string;
  readonly status: number | readonly number[];
}

/** One sentence of the specification: what was there before, what is sent, what must come back. */
export interface Row {
  readonly says: string;
  readonly before: readonly Given[];
  readonly steps: readonly Step[];
  readonly needs?: Choice;
  /** Further repositories that the row uses. */
  readonly also?: readonly string[];
}

/** A part of the specification. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

export function row(says: string, before: readonly Given[], ...steps: Step[]): Row {
  return { says, before, steps };
}

export function step(send: string, status: Step['status'], details: Details = {}): Step {
  return { send, status, ...details };
}
