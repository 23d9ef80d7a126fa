import { randomUUID, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AccessKeyView, CreatedAccessKeyView, maximumAccessKeys } from '@ncr/contracts';
import { Problem } from '@ncr/platform';
import { DataSource } from 'typeorm';
import { lockAccount } from '../account/account-lock';
import { endCredential } from '../revocation/revoke';
import { SecretMacs } from '../secret-macs';
import { Credential } from '../token/holders';
import { AccessKey } from './access-key.entity';
import { formatKeyId, isSecret, newSecret, parseKeyId } from '../secret-text';

/** The access keys of accounts (KEY-1). */
@Injectable()
export class AccessKeys {
  constructor(
    private readonly db: DataSource,
    private readonly macs: SecretMacs,
  ) {}

  /** In the order of their creation. */
  async list(account: string): Promise<AccessKeyView[]> {
    const keys = await this.db.manager.find(AccessKey, {
      where: { accountId: account },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    return keys.map(view);
  }

  /** Throws `Problem` 409 for the sixth. The answer is the only place where the secret ever stands. */
  async create(account: string, description: string): Promise<CreatedAccessKeyView> {
    const secret = newSecret('ncrs');
    const id = randomUUID();
    const key = await this.db.transaction(async (tx) => {
      await lockAccount(tx, account);
      if ((await tx.countBy(AccessKey, { accountId: account })) >= maximumAccessKeys) {
        throw new Problem(
          409,
          'too-many-access-keys',
          `An account has at most ${maximumAccessKeys} access keys. Delete one first.`,
        );
      }
      await tx.insert(AccessKey, {
        id,
        accountId: account,
        description,
        secretMac: this.macs.of('access-key', secret),
      });
      return tx.findOneByOrFail(AccessKey, { id });
    });
    return { ...view(key), secret };
  }

  /** Throws `Problem` 404 for a key that the account does not have. */
  async delete(account: string, publicId: string): Promise<void> {
    const unknown = new Problem(404, 'access-key-unknown', 'There is no such access key.');
    const id = parseKeyId(publicId);
    if (id === undefined) throw unknown;
    await this.db.transaction(async (tx) => {
      await lockAccount(tx, account);
      const { affected } = await tx.delete(AccessKey, { id, accountId: account });
      if (!affected) throw unknown;
      await endCredential(tx, id);
    });
  }

  /** The credential, if the pair is right; takes the same time for an id that does not exist. */
  async check(publicId: string, secret: string): Promise<Credential | undefined> {
    const id = parseKeyId(publicId);
    if (id === undefined || !isSecret('ncrs', secret)) return undefined;
    const key = await this.db.manager.findOneBy(AccessKey, { id });
    const right = timingSafeEqual(this.macs.of('access-key', secret), key?.secretMac ?? Buffer.alloc(32));
    return key && right ? { kind: 'access-key', id, account: key.accountId } : undefined;
  }
}

function view({ id, description, createdAt }: AccessKey): AccessKeyView {
  return { id: formatKeyId(id), description, createdAt: createdAt.toISOString() };
}
