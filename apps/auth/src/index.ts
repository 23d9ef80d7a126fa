import { defineService } from '@ncr/platform';
import { AccessKey } from './access-key/access-key.entity';
import { Account } from './account/account.entity';
import { LoginFailure } from './account/login-failure.entity';
import { RoleGrant } from './account/role-grant.entity';
import { AuthSettings } from './auth.config';
import { AuthModule } from './auth.module';
import { InitialSchema1700000000000 } from './migrations/initial-schema';
import { Registry } from './registry/registry.entity';
import { Session } from './session/session.entity';
import { SigningKey } from './signing/signing-key.entity';
import { RefreshToken } from './token/refresh-token.entity';

export { FirstAdmin } from './account/first-admin';

/** Accounts, access keys, grants, sessions; the token endpoint and the keys that sign every token. */
export const auth = defineService({
  name: 'auth',
  module: AuthModule,
  entities: [AccessKey, Account, LoginFailure, RefreshToken, Registry, RoleGrant, Session, SigningKey],
  migrations: [InitialSchema1700000000000],
  settings: AuthSettings,
});
