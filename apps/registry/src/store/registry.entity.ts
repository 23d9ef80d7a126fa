import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The tenant object that a user creates. One with `deletedAt` lies in the recycle bin; its name stays taken. */
@Entity({ schema: 'registry', name: 'registry' })
export class RegistryEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'registry_pkey' })
  id!: string;

  @Column({ type: 'text', collation: 'C', unique: true })
  name!: string;

  @Column('boolean', { name: 'anonymous_pull', default: false })
  anonymousPull!: boolean;

  @Column('integer', { default: 1 })
  version!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}
