import * as fc from 'fast-check';
import { BufferPool } from './buffer-pool';

const mebibyte = 1024 * 1024;

test('gives a buffer that fits a small read, and no more than a mebibyte for a big one', () => {
  const pool = new BufferPool();
  expect(pool.take(1).length).toBe(64 * 1024);
  expect(pool.take(65_537).length).toBe(256 * 1024);
  expect(pool.take(10 * mebibyte).length).toBe(mebibyte);
});

test('lends the same memory again', () => {
  const pool = new BufferPool();
  const buffer = pool.take(mebibyte);
  pool.giveBack(buffer);
  expect(pool.take(mebibyte)).toBe(buffer);
});

test('AC-48: a thousand readers that never finish get buffers, small ones, and do not stop the next', () => {
  const pool = new BufferPool();
  const stuck = Array.from({ length: 1000 }, () => pool.take(mebibyte).length);
  expect(stuck.reduce((sum, size) => sum + size, 0)).toBeLessThan(128 * mebibyte);
  expect(pool.take(mebibyte).length).toBe(64 * 1024);
});

test('never lends a buffer twice, nor one that was abandoned', () => {
  const step = fc.record({
    act: fc.constantFrom('take', 'back', 'abandon'),
    length: fc.integer({ min: 1, max: 2 * mebibyte }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const pool = new BufferPool();
      const lent: Buffer[] = [];
      const gone = new Set<Buffer>();
      for (const { act, length } of steps) {
        if (act === 'take') {
          const buffer = pool.take(length);
          expect(lent.includes(buffer) || gone.has(buffer)).toBe(false);
          lent.push(buffer);
          continue;
        }
        const buffer = lent.splice(length % (lent.length || 1), 1)[0];
        if (!buffer) continue;
        if (act === 'back') pool.giveBack(buffer);
        else pool.abandon(buffer);
        if (act === 'abandon') gone.add(buffer);
      }
    }),
    { numRuns: 30 },
  );
});
