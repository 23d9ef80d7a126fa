import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Wrong passwords in a row for one name from one address range. The name is kept as a MAC: people mistype passwords there. */
@Entity({ schema: 'auth', name: 'login_failure' })
@Index('login_failure_last', { synchronize: false })
export class LoginFailure {
  @PrimaryColumn('bytea', { name: 'name_mac' })
  nameMac!: Buffer;

  /** IPv4 /24 or IPv6 /56. */
  @PrimaryColumn('text', { collation: 'C' })
  network!: string;

  @Column('integer')
  failures!: number;

  @Column('timestamptz', { name: 'last_at' })
  lastAt!: Date;
}
