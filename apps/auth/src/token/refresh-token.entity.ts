import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Account } from '../account/account.entity';

/** Docker's "identity token": stands for the credential it was issued for, as long as that lives. */
@Entity({ schema: 'auth', name: 'refresh_token' })
@Unique('refresh_token_secret', ['secretMac'])
@Check('refresh_token_kind', `credential_kind IN ('access-key', 'password')`)
@Index('refresh_token_of_credential', { synchronize: false })
@Index('refresh_token_of_account', { synchronize: false })
export class RefreshToken {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'account_id' })
  @ForeignKey(() => Account, { name: 'refresh_token_account', onDelete: 'CASCADE' })
  accountId!: string;

  @Column('text', { name: 'credential_kind' })
  credentialKind!: 'access-key' | 'password';

  /** The access key, or the `passwordId` of the account. */
  @Column('uuid', { name: 'credential_id' })
  credentialId!: string;

  @Column('bytea', { name: 'secret_mac' })
  secretMac!: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'used_at', default: () => 'now()' })
  usedAt!: Date;
}
