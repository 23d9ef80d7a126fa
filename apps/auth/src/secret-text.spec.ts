import * as fc from 'fast-check';
import { formatKeyId, isSecret, newPassphrase, newSecret, parseKeyId } from './secret-text';

describe('the id of an access key', () => {
  it('is another spelling of its UUID', () => {
    fc.assert(
      fc.property(fc.uuid({ version: [1, 4, 7] }), (uuid) => {
        expect(parseKeyId(formatKeyId(uuid))).toBe(uuid);
      }),
    );
  });

  it('is read from nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^ncr_[0-9a-v]{26}$/)), (text) => {
        const uuid = parseKeyId(text);
        if (uuid !== undefined) expect(formatKeyId(uuid)).toBe(text);
      }),
    );
  });
});

describe('a secret', () => {
  it('holds nothing that a shell or Basic trips over (KEY-1)', () => {
    for (let i = 0; i < 200; i++) {
      expect(newSecret('ncrs')).toMatch(/^ncrs_[0-9A-Za-z]{49}$/);
      expect(newPassphrase()).toMatch(/^[a-z2-9]{4}(?:-[a-z2-9]{4}){5}$/);
    }
  });

  it('is told from one with a typing mistake, and from one of another kind', () => {
    const secret = newSecret('ncrs');
    expect(isSecret('ncrs', secret)).toBe(true);
    expect(isSecret('ncrr', secret)).toBe(false);
    for (let i = 5; i < secret.length; i++) {
      const wrong = secret.slice(0, i) + (secret[i] === 'x' ? 'y' : 'x') + secret.slice(i + 1);
      expect(isSecret('ncrs', wrong)).toBe(false);
    }
  });
});
