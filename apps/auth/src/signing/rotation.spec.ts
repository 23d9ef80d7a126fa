import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { publishedAfter, publishedBefore, rotation, signingKey, signingPeriod, Turn } from './rotation';

const day = 24 * 60 * 60 * 1000;
const begin = Date.UTC(2026, 0, 1);

/** What the keys are after somebody looked at each of these moments, and what every moment saw. */
function live(pauses: readonly number[]): { now: Date; keys: Turn[] }[] {
  let keys: Turn[] = [];
  let time = begin;
  return pauses.map((pause) => {
    const now = new Date((time += pause));
    const { make, forget } = rotation(keys, now);
    keys = keys
      .filter((key) => !forget.includes(key.kid))
      .concat(make.map((activatesAt) => ({ kid: randomUUID(), activatesAt })));
    return { now, keys };
  });
}

describe('the rotation of signing keys (SR-2)', () => {
  const pauses = fc.array(fc.integer({ min: 1, max: 100 * day }), { minLength: 1, maxLength: 40 });

  it('always leaves a key that signs and one that will', () => {
    fc.assert(
      fc.property(pauses, (pauses) => {
        for (const { now, keys } of live(pauses)) {
          expect(signingKey(keys, now)).toBeDefined();
          expect(keys.filter((key) => key.activatesAt > now)).toHaveLength(1);
        }
      }),
    );
  });

  it('publishes a key for an hour before it signs, but for the very first', () => {
    fc.assert(
      fc.property(pauses, (pauses) => {
        const [first, ...later] = live(pauses);
        const known = new Set(first.keys.map((key) => key.kid));
        for (const { now, keys } of later) {
          for (const key of keys.filter((key) => !known.has(key.kid))) {
            known.add(key.kid);
            expect(key.activatesAt.getTime() - now.getTime()).toBeGreaterThanOrEqual(publishedBefore);
          }
        }
      }),
    );
  });

  it('publishes a key until a day after its last signature, and not for ever', () => {
    const looks = live(Array<number>(200).fill(day / 2));
    for (const [index, { now, keys }] of looks.entries()) {
      const signed = looks
        .slice(0, index)
        .findLast((look) => signingKey(look.keys, look.now)?.kid !== signingKey(keys, now)?.kid);
      const previous = signed && signingKey(signed.keys, signed.now);
      const since = now.getTime() - signingKey(keys, now)!.activatesAt.getTime();
      if (previous) expect(keys.includes(previous)).toBe(since <= publishedAfter);
      expect(keys.length).toBeLessThanOrEqual(3);
    }
  });

  it('changes the key after thirty days', () => {
    const [first, second] = live([1, signingPeriod]);
    expect(signingKey(second.keys, second.now)?.kid).not.toBe(signingKey(first.keys, first.now)?.kid);
  });
});
