import type { Role } from './permissions';

/** The cookie that `POST /api/v1/session` sets. */
export const sessionCookie = 'ncr_session';

/** Its value in a `Cookie` header, if it stands there exactly once. */
export function readSessionCookie(header: string | undefined): string | undefined {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const [name, ...value] = pair.trim().split('=');
    return name === sessionCookie ? [value.join('=')] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}

/** Body of `POST /api/v1/session`. */
export interface SignIn {
  readonly account: string;
  readonly password: string;
}

/** What a principal holds: one role on the whole service, and one per registry id. */
export interface Grants {
  readonly service?: Role;
  readonly registries: Readonly<Record<string, Role>>;
}

/** A person as the API shows them to themselves. */
export interface AccountView {
  readonly id: string;
  /** The e-mail-like name they sign in with. */
  readonly name: string;
  readonly displayName: string;
  readonly locale: string;
}

/** Answer of `POST /api/v1/session`; a change made with the cookie needs `X-CSRF-Token`. */
export interface SessionView {
  readonly account: AccountView;
  readonly csrfToken: string;
}

/** Answer of `GET /api/v1/me`; the CSRF token only for a caller with a session cookie. */
export interface MeView {
  readonly account: AccountView;
  readonly grants: Grants;
  readonly csrfToken?: string;
}
