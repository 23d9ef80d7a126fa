import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What `auth` knows of a registry: a copy, fed by the events of the service that owns it. Names are not unique here: the
 * news of a deletion may come later than the news of the next registry of that name.
 */
@Entity({ schema: 'auth', name: 'registry' })
@Index('registry_name', { synchronize: false })
@Index('registry_anonymous', { synchronize: false })
export class Registry {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'text', collation: 'C' })
  name!: string;

  @Column('boolean', { name: 'anonymous_pull' })
  anonymousPull!: boolean;

  @Column('boolean')
  deleted!: boolean;

  /** The owner's; an older one never overwrites a newer one. */
  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'learned_at', default: () => 'now()' })
  learnedAt!: Date;
}
