import { Role, roles } from '@ncr/contracts';
import { Check, Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { Account } from './account.entity';

/** A role on the whole service (`registryId` null) or on one registry; one role per account and target. */
@Entity({ schema: 'auth', name: 'role_grant' })
@Unique('role_grant_target', ['accountId', 'registryId'])
@Check('role_grant_role', `role IN (${roles.map((role) => `'${role}'`).join(', ')})`)
export class RoleGrant {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'account_id' })
  @ForeignKey(() => Account, { name: 'role_grant_account', onDelete: 'CASCADE' })
  accountId!: string;

  @Column('uuid', { name: 'registry_id', nullable: true })
  registryId!: string | null;

  @Column('text')
  role!: Role;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
