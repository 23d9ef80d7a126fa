import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { open, seal } from './seal';

const key = randomBytes(32);
const content = fc.uint8Array().map((array) => Buffer.from(array));

describe('a sealed box', () => {
  it('gives back what was put in', () => {
    fc.assert(
      fc.property(content, (bytes) => expect(open(key, 'table|1', seal(key, 'table|1', bytes))).toEqual(bytes)),
    );
  });

  it('does not open with another key, at another place, or with any bit changed', () => {
    const box = seal(key, 'table|1', Buffer.from('secret'));
    expect(() => open(randomBytes(32), 'table|1', box)).toThrow();
    expect(() => open(key, 'table|2', box)).toThrow();
    for (let i = 0; i < box.length * 8; i++) {
      const changed = Buffer.from(box);
      changed[i >> 3] ^= 1 << (i & 7);
      expect(() => open(key, 'table|1', changed)).toThrow();
    }
  });
});
