import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Account } from '../account/account.entity';

/** A person signed in to the console. Tokens issued for it name its id, so ending it voids them. */
@Entity({ schema: 'auth', name: 'session' })
@Unique('session_secret', ['secretMac'])
@Index('session_of_account', { synchronize: false })
export class Session {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'account_id' })
  @ForeignKey(() => Account, { name: 'session_account', onDelete: 'CASCADE' })
  accountId!: string;

  /** HMAC of the cookie's value. */
  @Column('bytea', { name: 'secret_mac' })
  secretMac!: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'seen_at', default: () => 'now()' })
  seenAt!: Date;
}
