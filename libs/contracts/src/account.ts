import type { Role } from './permissions';
import type { AccountView } from './session';

/** An account as administrators see it. Times are ISO 8601. */
export interface ManagedAccountView extends AccountView {
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly version: number;
}

/** Body of `POST /api/v1/accounts`. */
export interface CreateAccount {
  readonly name: string;
  readonly password: string;
  readonly displayName?: string;
  readonly locale?: string;
}

/** Body of `PATCH /api/v1/accounts/{id}`. */
export interface ChangeAccount {
  readonly displayName?: string;
  readonly locale?: string;
  readonly enabled?: boolean;
  readonly password?: string;
}

/** Body of `PUT /api/v1/me/password`. */
export interface ChangePassword {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** A role that an account has on one registry, or on the whole service when `registryId` is null. */
export interface GrantView {
  readonly id: string;
  readonly role: Role;
  readonly registryId: string | null;
}

/** Body of `POST /api/v1/accounts/{id}/grants`; replaces a role that the account has on the same target. */
export interface CreateGrant {
  readonly role: Role;
  readonly registryId?: string | null;
}
