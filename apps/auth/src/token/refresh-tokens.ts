import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { SecretMacs } from '../secret-macs';
import { isSecret, newSecret } from '../secret-text';
import { Credential } from './holders';
import { RefreshToken } from './refresh-token.entity';

/** A refresh token ends when nobody used it for that long. */
export const refreshIdle = '90 days';
/** Every `docker login` makes one; the oldest of a credential beyond this number goes. */
const most = 1000;

/**
 * Refresh tokens are not rotated: docker stores the one it got at login and ignores the one in a later answer, so the
 * second use of a rotated token would be docker itself. They end with their credential, and unused.
 */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly db: DataSource,
    private readonly macs: SecretMacs,
  ) {}

  /** In the transaction that read the rights of the credential, so that it cannot outlive it. */
  async create(tx: EntityManager, { kind, id, account }: Credential): Promise<string> {
    if (kind === 'session') throw new Error('a session has no refresh token');
    const secret = newSecret('ncrr');
    await tx.insert(RefreshToken, {
      id: randomUUID(),
      accountId: account,
      credentialKind: kind,
      credentialId: id,
      secretMac: this.macs.of('refresh-token', secret),
    });
    await tx.query(
      `DELETE FROM auth.refresh_token WHERE id IN (
         SELECT id FROM auth.refresh_token WHERE credential_id = $1 ORDER BY used_at DESC, id OFFSET $2)`,
      [id, most],
    );
    return secret;
  }

  /** The credential that the token stands for. */
  async check(secret: string): Promise<Credential | undefined> {
    if (!isSecret('ncrr', secret)) return undefined;
    const rows = await this.db.query<Credential[]>(
      `WITH used AS (
         UPDATE auth.refresh_token SET used_at = clock_timestamp()
         WHERE secret_mac = $1 AND used_at > clock_timestamp() - interval '${refreshIdle}'
         RETURNING credential_kind, credential_id, account_id)
       SELECT credential_kind AS kind, credential_id AS id, account_id AS account FROM used`,
      [this.macs.of('refresh-token', secret)],
    );
    return rows[0];
  }
}
