/** One field that broke a rule; `field` is a path: `name`, `members[0].role`. */
export interface ProblemField {
  readonly field: string;
  /** A stable word for the rule: `isUuid`, `maxLength`, `unknown`. */
  readonly rule: string;
  readonly message: string;
}

/** Every error answer of the management API: RFC 9457, `application/problem+json`. Clients translate by `code`. */
export interface ProblemDocument {
  /** `about:blank`, as RFC 9457 section 4.2.1 gives for problems that say no more than their status and `code`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable, dotted or dashed lower-case words. */
  readonly code: string;
  readonly detail: string;
  /** Values that belong into the translated message. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly fields?: readonly ProblemField[];
  /** The request's id, to be found in the log. */
  readonly instance?: string;
}
