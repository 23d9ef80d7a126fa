import { consumerTables, outboxTables } from '@ncr/messaging';
import { revocationTable } from '@ncr/platform';
import { MigrationInterface, QueryRunner } from 'typeorm';

/** Names `COLLATE "C"`, moments timestamptz, secrets only as MACs (32 bytes), private keys only sealed. */
const tables = `
CREATE TABLE auth.installation (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO auth.installation DEFAULT VALUES;

CREATE TABLE auth.account (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL CONSTRAINT account_name UNIQUE,
  display_name text NOT NULL,
  locale text NOT NULL,
  password_hash text NOT NULL,
  password_id uuid NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE auth.role_grant (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL CONSTRAINT role_grant_account REFERENCES auth.account ON DELETE CASCADE,
  registry_id uuid,
  role text NOT NULL CONSTRAINT role_grant_role
    CHECK (role IN ('project-admin', 'project-member', 'service-admin', 'service-viewer', 'image-uploader')),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT role_grant_target UNIQUE NULLS NOT DISTINCT (account_id, registry_id)
);

CREATE TABLE auth.login_failure (
  name_mac bytea NOT NULL,
  network text COLLATE "C" NOT NULL,
  failures integer NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (name_mac, network)
);
CREATE INDEX login_failure_last ON auth.login_failure (last_at);

CREATE TABLE auth.session (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL CONSTRAINT session_account REFERENCES auth.account ON DELETE CASCADE,
  secret_mac bytea NOT NULL CONSTRAINT session_secret UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX session_of_account ON auth.session (account_id);

CREATE TABLE auth.access_key (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL CONSTRAINT access_key_account REFERENCES auth.account ON DELETE CASCADE,
  description text NOT NULL,
  secret_mac bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX access_key_of_account ON auth.access_key (account_id);

CREATE TABLE auth.refresh_token (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL CONSTRAINT refresh_token_account REFERENCES auth.account ON DELETE CASCADE,
  credential_kind text NOT NULL CONSTRAINT refresh_token_kind CHECK (credential_kind IN ('access-key', 'password')),
  credential_id uuid NOT NULL,
  secret_mac bytea NOT NULL CONSTRAINT refresh_token_secret UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refresh_token_of_credential ON auth.refresh_token (credential_id, used_at);
CREATE INDEX refresh_token_of_account ON auth.refresh_token (account_id);

CREATE TABLE auth.signing_key (
  kid text COLLATE "C" PRIMARY KEY,
  public_key jsonb NOT NULL,
  private_key bytea NOT NULL,
  activates_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE auth.registry (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  anonymous_pull boolean NOT NULL,
  deleted boolean NOT NULL,
  version integer NOT NULL,
  learned_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX registry_name ON auth.registry (name) WHERE NOT deleted;
CREATE INDEX registry_anonymous ON auth.registry (id) WHERE anonymous_pull AND NOT deleted;

CREATE TABLE auth.revocation_log (
  seq bigint PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('principal', 'key', 'registry')),
  id uuid NOT NULL,
  not_before timestamptz NOT NULL
);
`;

/** Everything this service stands on. */
export class InitialSchema1700000000000 implements MigrationInterface {
  name = 'InitialSchema1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(outboxTables('auth'));
    await runner.query(consumerTables('auth'));
    await runner.query(revocationTable('auth'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA auth CASCADE');
  }
}
