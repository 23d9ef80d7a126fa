import { Module } from '@nestjs/common';
import { AccessKeyController } from './access-key/access-key.controller';
import { AccessKeys } from './access-key/access-keys';
import { AccountController } from './account/account.controller';
import { Accounts } from './account/accounts';
import { FirstAdmin } from './account/first-admin';
import { GrantList } from './account/grants';
import { PasswordLogin } from './account/password-login';
import { Passwords } from './account/passwords';
import { Credentials } from './credentials';
import { Exchange } from './exchange/exchange';
import { ExchangeController } from './exchange/exchange.controller';
import { Housekeeping } from './housekeeping';
import { Installation } from './installation';
import { RegistryController } from './registry/registry.controller';
import { RevocationController } from './revocation/revocation.controller';
import { SecretMacs } from './secret-macs';
import { SessionController } from './session/session.controller';
import { Sessions } from './session/sessions';
import { JwksController } from './signing/jwks.controller';
import { SigningKeys } from './signing/signing-keys';
import { RefreshTokens } from './token/refresh-tokens';
import { TokenController } from './token/token.controller';
import { TokenEndpoint } from './token/token-endpoint';
import { TokenSigner } from './token/token-signer';

@Module({
  controllers: [
    AccessKeyController,
    AccountController,
    ExchangeController,
    JwksController,
    RegistryController,
    RevocationController,
    SessionController,
    TokenController,
  ],
  providers: [
    AccessKeys,
    Accounts,
    Credentials,
    Exchange,
    FirstAdmin,
    GrantList,
    Housekeeping,
    Installation,
    PasswordLogin,
    Passwords,
    RefreshTokens,
    SecretMacs,
    Sessions,
    SigningKeys,
    TokenEndpoint,
    TokenSigner,
  ],
})
export class AuthModule {}
