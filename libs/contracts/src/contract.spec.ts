import * as contracts from './index';
import { Contract, event, ownerOf } from './contract';
import { accessRevoked } from './auth.events';
import { registryNamePattern } from './registry';
import { z } from 'zod';

const exported: unknown[] = Object.values(contracts);
const declared = exported.filter(
  (value): value is Contract<unknown> => typeof value === 'object' && value !== null && 'subject' in value,
);

describe('contracts', () => {
  it('have a subject of their own each, and one sentence', () => {
    expect(declared.length).toBeGreaterThanOrEqual(9);
    expect(new Set(declared.map((contract) => contract.subject)).size).toBe(declared.length);
    for (const { happens } of declared) expect(happens).toMatch(/^[A-Z`].*\.$/);
  });

  it('name their owner in the second word', () => {
    expect(ownerOf(accessRevoked)).toBe('auth');
    for (const contract of declared) expect(['auth', 'registry']).toContain(ownerOf(contract));
  });

  it.each(['event.registry.pushed', 'event.registry.Manifest.pushed', 'event.registry.manifest.pushed.07'] as const)(
    'refuse the subject %s',
    (subject) => {
      expect(() => event(subject, z.object({}), 'Never.')).toThrow('not a subject');
    },
  );

  it('let a receiver read an event of a newer publisher', () => {
    const known = {
      seq: 1,
      kind: 'key',
      id: '6f7bd6c1-54ea-4cf1-9d0a-9d5d6a1f4f3e',
      notBefore: '2026-11-21T02:00:00.123Z',
    };
    expect(accessRevoked.payload.parse({ ...known, added: 'later' })).toEqual(known);
  });
});

describe('a registry name (REG-1)', () => {
  it.each(['ab', 'team', 'a-b', 'a--b', 'a__b', 'a.b', 'x'.repeat(64)])('may be %s', (name) => {
    expect(registryNamePattern.test(name)).toBe(true);
  });

  it.each(['a', '', 'A1', 'a/b', '-ab', 'ab-', 'a..b', 'a___b', 'x'.repeat(65), 'ab\n'])('may not be %j', (name) => {
    expect(registryNamePattern.test(name)).toBe(false);
  });
});
