import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** A person or machine with a name of its own to sign in with. */
@Entity({ schema: 'auth', name: 'account' })
@Unique('account_name', ['name'])
export class Account {
  @PrimaryColumn('uuid')
  id!: string;

  /** E-mail-like, normalised by `accountName`. */
  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column('text', { name: 'display_name' })
  displayName!: string;

  /** BCP 47. */
  @Column('text')
  locale!: string;

  /** PHC format. */
  @Column('text', { name: 'password_hash' })
  passwordHash!: string;

  /** New with every password: tokens name the credential they were issued for, and end with it. */
  @Column('uuid', { name: 'password_id' })
  passwordId!: string;

  @Column('boolean', { default: true })
  enabled!: boolean;

  /** Grows with every change; the ETag. */
  @Column('integer', { default: 1 })
  version!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
