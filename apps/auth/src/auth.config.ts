import { defineSettings, duration, secret, SettingsOf, text } from '@ncr/platform';
import { accountName } from './account/account-name';
import { weakness } from './account/password-rules';

/** Settings of the service `auth`. */
export const AuthSettings = defineSettings({
  NCR_ADMIN: text('admin@ncr.local')
    .refine((name) => accountName(name) !== undefined, 'must look like an e-mail address')
    .describe('Name of the account with all rights that the first start creates.'),
  NCR_ADMIN_PASSWORD: secret()
    .refine((password) => weakness(password, '') === undefined, 'must have 12 to 128 characters and be in no word list')
    .optional()
    .meta({ secret: true })
    .describe('Its password; unset: one is made up, printed once and kept in NCR_DATA/keys/admin-password.'),
  NCR_TOKEN_LIFETIME: duration('1h')
    .refine((span) => span >= 60_000 && span <= 12 * 3_600_000, 'must be between 60s and 12h')
    .describe('How long a token for push and pull is valid, 12h at most.'),
});
export type AuthSettings = SettingsOf<typeof AuthSettings>;
