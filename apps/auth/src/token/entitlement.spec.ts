import { allows, Role, roles } from '@ncr/contracts';
import * as fc from 'fast-check';
import { entitled, Holder, KnownRegistry } from './entitlement';
import { parseScopes, Scope } from './scope';

const mine = '11111111-1111-4111-8111-111111111111';
const other = '22222222-2222-4222-8222-222222222222';

const role = fc.constantFrom(...roles);
const holder: fc.Arbitrary<Holder> = fc.oneof(
  fc.constant({ anonymous: true, grants: { registries: {} } }),
  fc.record({
    anonymous: fc.constant(false),
    grants: fc.record(
      { service: role, registries: fc.dictionary(fc.constantFrom(mine, other), role) },
      { requiredKeys: ['registries'] },
    ),
  }),
);
const registry: fc.Arbitrary<KnownRegistry | undefined> = fc.option(
  fc.record({ id: fc.constantFrom(mine, other), name: fc.constant('team'), anonymousPull: fc.boolean() }),
  { nil: undefined },
);
const scope: fc.Arbitrary<Scope> = fc.record({
  type: fc.constantFrom('repository', 'registry', 'weather'),
  name: fc.constantFrom('team/app', 'team', 'catalog', 'Team/App', 'team//app', '../team'),
  actions: fc.subarray(['pull', 'push', 'delete', '*']),
});

/** Says the same in other words than the code under test. */
function mayDo(action: string, { grants }: Holder, registry: KnownRegistry | undefined): boolean {
  if (action === 'pull' && registry?.anonymousPull) return true;
  const word = { pull: 'image.pull', push: 'image.push', delete: 'image.delete' }[action] as Parameters<
    typeof allows
  >[1];
  const roles: (Role | undefined)[] = [grants.service];
  if (registry) roles.push(grants.registries[registry.id]);
  return roles.some((role) => role && allows(role, word));
}

const ask = (text: string): Scope => parseScopes([text])[0];
const as = (service?: Role, registries: Record<string, Role> = {}): Holder => ({
  anonymous: false,
  grants: { ...(service && { service }), registries },
});
const team: KnownRegistry = { id: mine, name: 'team', anonymousPull: false };

describe('what a token grants', () => {
  it('is never more than was asked, nor more than the holder may (AC-20)', () => {
    fc.assert(
      fc.property(scope, holder, registry, (scope, holder, registry) => {
        const granted = entitled(scope, holder, registry);
        if (granted?.type !== 'repository') return;
        for (const action of granted.actions) {
          expect(scope.actions.includes(action) || scope.actions.includes('*')).toBe(true);
          expect(mayDo(action, holder, registry)).toBe(true);
        }
        expect(granted.registry).toBe(registry?.id ?? null);
        expect(granted.name).toBe(scope.name);
      }),
      { numRuns: 2000 },
    );
  });

  it('is all of it: what was asked and allowed is granted', () => {
    fc.assert(
      fc.property(holder, registry, (holder, registry) => {
        const granted = entitled(ask('repository:team/app:*'), holder, registry)?.actions ?? [];
        expect(granted).toEqual(['pull', 'push', 'delete'].filter((action) => mayDo(action, holder, registry)));
      }),
    );
  });

  it('is nothing of a registry that the holder has no role on, whether it exists or not (AC-55, REG-6)', () => {
    const stranger = as(undefined, { [other]: 'project-admin' });
    const asked = ask('repository:team/app:pull,push,delete');
    expect(entitled(asked, stranger, team)).toBeUndefined();
    expect(entitled(asked, stranger, undefined)).toBeUndefined();
  });

  it('names no registry where none exists, for holders of a service-wide role (REG-6)', () => {
    const granted = entitled(ask('repository:nowhere/app:pull,push'), as('service-viewer'), undefined);
    expect(granted).toEqual({ type: 'repository', name: 'nowhere/app', registry: null, actions: ['pull'] });
  });

  it('lets an Image Uploader push and not pull (ROL-3)', () => {
    const uploader = as(undefined, { [mine]: 'image-uploader' });
    expect(entitled(ask('repository:team/app:pull,push'), uploader, team)?.actions).toEqual(['push']);
  });

  it('lets everybody pull where everybody may, signed in or not (REG-5, ROL-3)', () => {
    const open = { ...team, anonymousPull: true };
    const asked = ask('repository:team/app:pull,push');
    expect(entitled(asked, { anonymous: true, grants: { registries: {} } }, open)?.actions).toEqual(['pull']);
    expect(entitled(asked, as(undefined, { [mine]: 'image-uploader' }), open)?.actions).toEqual(['pull', 'push']);
  });

  it('is the catalog for whoever signed in, and for nobody else', () => {
    expect(entitled(ask('registry:catalog:*'), as(), undefined)?.actions).toEqual(['*']);
    expect(
      entitled(ask('registry:catalog:*'), { anonymous: true, grants: { registries: {} } }, undefined),
    ).toBeUndefined();
    expect(entitled(ask('registry:users:*'), as('project-admin'), undefined)).toBeUndefined();
  });
});
