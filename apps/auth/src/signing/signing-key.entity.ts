import type { JWK } from 'jose';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key that signs tokens from `activatesAt` until the next one does. */
@Entity({ schema: 'auth', name: 'signing_key' })
export class SigningKey {
  @PrimaryColumn('text', { collation: 'C' })
  kid!: string;

  @Column('jsonb', { name: 'public_key' })
  publicKey!: JWK;

  /** PKCS #8, sealed with a key that derives from the master key; see `seal.ts`. */
  @Column('bytea', { name: 'private_key' })
  privateKey!: Buffer;

  @Column('timestamptz', { name: 'activates_at' })
  activatesAt!: Date;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
