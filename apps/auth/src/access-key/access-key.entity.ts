import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Account } from '../account/account.entity';

/** What a person gives to docker, helm and scripts instead of their password (KEY-1). */
@Entity({ schema: 'auth', name: 'access_key' })
@Index('access_key_of_account', { synchronize: false })
export class AccessKey {
  /** The public id is another spelling of it (`formatKeyId`). */
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'account_id' })
  @ForeignKey(() => Account, { name: 'access_key_account', onDelete: 'CASCADE' })
  accountId!: string;

  @Column('text')
  description!: string;

  @Column('bytea', { name: 'secret_mac' })
  secretMac!: Buffer;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
