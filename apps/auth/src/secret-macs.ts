import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MasterKey } from '@ncr/platform';

type Purpose = 'access-key' | 'refresh-token' | 'session' | 'csrf' | 'login-name';

/**
 * HMAC-SHA-256 with a pepper that derives from the key file, never from the database, one per purpose. Secrets of 256
 * random bits need no slow hash; a stolen table opens nothing (SR-1, AC-62).
 */
@Injectable()
export class SecretMacs {
  private readonly peppers = new Map<Purpose, Buffer>();

  constructor(private readonly masterKey: MasterKey) {}

  /** 32 bytes. */
  of(purpose: Purpose, secret: string): Buffer {
    let pepper = this.peppers.get(purpose);
    if (!pepper) this.peppers.set(purpose, (pepper = this.masterKey.derive(`auth.${purpose}`)));
    return createHmac('sha256', pepper).update(secret).digest();
  }
}
