import { actions, allows, Role, roles, scopeOf } from './permissions';

const viewer: Role = 'service-viewer';
const uploader: Role = 'image-uploader';
const isRead = (action: string) => /\.view(?:-own)?$/.test(action);

describe('the permission table (ROL-1, ROL-2)', () => {
  it.each(actions)('gives %s to Project Admin, Project Member and Service Admin alike', (action) => {
    for (const role of ['project-admin', 'project-member', 'service-admin'] as const)
      expect(allows(role, action)).toBe(true);
  });

  it.each(actions.filter(isRead))('gives every role the read %s', (action) => {
    for (const role of roles) expect(allows(role, action)).toBe(true);
  });

  it('lets the Service Viewer pull and change nothing', () => {
    const held = actions.filter((action) => allows(viewer, action) && !isRead(action) && scopeOf(action) !== 'own');
    expect(held).toEqual(['image.pull']);
  });

  it('lets the Image Uploader push and neither pull nor change anything else', () => {
    const held = actions.filter((action) => allows(uploader, action) && !isRead(action) && scopeOf(action) !== 'own');
    expect(held).toEqual(['image.push']);
  });

  it('asks for a grant on the whole service where a thing belongs to no registry', () => {
    expect(actions.filter((action) => scopeOf(action) === 'service')).toEqual([
      'registry.create',
      'replication.view',
      'replication.create',
      'replication.change',
      'replication.delete',
      'replication.run',
      'replication-execution.view',
      'account.view',
      'account.create',
      'account.change',
      'account.delete',
      'grant.create',
      'grant.delete',
    ]);
  });
});
