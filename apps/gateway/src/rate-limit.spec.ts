import * as fc from 'fast-check';
import { RateLimit } from './rate-limit';

describe('a rate limit (SR-10)', () => {
  it('lets a minute’s worth through at once, then says how long to wait', () => {
    let now = 0;
    const limit = new RateLimit(6, () => now);
    expect(Array.from({ length: 8 }, () => limit.take('a'))).toEqual([0, 0, 0, 0, 0, 0, 10, 10]);
    expect(limit.take('b')).toBe(0);
    now += 9_999;
    expect(limit.take('a')).toBe(1);
    now += 1;
    expect(limit.take('a')).toBe(0);
    expect(limit.take('a')).toBe(10);
  });

  it('never lets more through than it has and gets, and never refuses who waited as told', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), pauses, (perMinute, pauses) => {
        let now = 0;
        const limit = new RateLimit(perMinute, () => now);
        let passed = 0;
        for (const pause of pauses) {
          now += pause;
          const seconds = limit.take('a');
          if (seconds === 0) passed++;
          expect(passed).toBeLessThanOrEqual(perMinute + (now * perMinute) / 60_000 + 1e-6);
          if (seconds > 0) {
            now += seconds * 1000;
            expect(limit.take('a')).toBe(0);
            passed++;
          }
        }
      }),
    );
  });
});
