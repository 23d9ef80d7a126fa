/** Roles of ROL-1. The first three hold the same rights. */
export const roles = ['project-admin', 'project-member', 'service-admin', 'service-viewer', 'image-uploader'] as const;
export type Role = (typeof roles)[number];

/**
 * What a right is asked for: `service` needs a grant on the whole service; `registry` one on the service or on that
 * registry; `own` concerns only the caller's own things, which every signed-in caller may handle.
 */
export type ActionScope = 'service' | 'registry' | 'own';

interface Row {
  readonly scope: ActionScope;
  readonly roles: readonly Role[];
}

const admins = ['project-admin', 'project-member', 'service-admin'] as const;
const everyone: Row = { scope: 'registry', roles };
const adminsOnly: Row = { scope: 'registry', roles: admins };
const serviceView: Row = { scope: 'service', roles };
const serviceChange: Row = { scope: 'service', roles: admins };
const own: Row = { scope: 'own', roles };

/** THE permission table: action × role (product, section 11, with ROL-2). The number is the guide's row. */
const table = {
  /* 1 */ 'registry.view': everyone,
  /* 2 */ 'registry.create': serviceChange,
  'registry.delete': adminsOnly,
  /* ROL-2 */ 'registry.change': adminsOnly,
  /* 3 */ 'replication.view': serviceView,
  /* 4 */ 'replication.create': serviceChange,
  'replication.change': serviceChange,
  'replication.delete': serviceChange,
  'replication.run': serviceChange,
  /* 5 */ 'replication-execution.view': serviceView,
  /* 6 */ 'image.view': everyone,
  /* 7 */ 'image.pull': { scope: 'registry', roles: [...admins, 'service-viewer'] },
  /* 8 */ 'image.push': { scope: 'registry', roles: [...admins, 'image-uploader'] },
  /* 9 */ 'image.delete': adminsOnly,
  /* 10 */ 'artifact.view': everyone,
  /* 11 */ 'artifact.delete': adminsOnly,
  /* 12 */ 'tag.view': everyone,
  /* 13 */ 'tag.create': adminsOnly,
  'tag.delete': adminsOnly,
  /* 14 */ 'webhook.view': everyone,
  /* 15 */ 'webhook.create': adminsOnly,
  'webhook.change': adminsOnly,
  'webhook.delete': adminsOnly,
  /* 16 */ 'cleanup-policy.view': everyone,
  /* 17 */ 'cleanup-execution.view': everyone,
  /* 18 */ 'cleanup-policy.create': adminsOnly,
  'cleanup-policy.delete': adminsOnly,
  'cleanup-policy.run': adminsOnly,
  /* 19 */ 'cleanup-policy.enable': adminsOnly,
  'cleanup-policy.disable': adminsOnly,
  /* 20 */ 'protection-policy.view': everyone,
  /* 21 */ 'protection-policy.create': adminsOnly,
  'protection-policy.delete': adminsOnly,
  /* ROL-2 */ 'account.view': serviceView,
  'account.create': serviceChange,
  'account.change': serviceChange,
  'account.delete': serviceChange,
  'grant.create': serviceChange,
  'grant.delete': serviceChange,
  'access-key.view': own,
  'access-key.create': own,
  'access-key.delete': own,
  'account.view-own': own,
  'account.change-own': own,
  'session.delete-own': own,
} satisfies Record<string, Row>;

export type Action = keyof typeof table;

/** Every action, for the tests that walk the whole table. */
export const actions = Object.keys(table) as readonly Action[];

/** Whether the role holds the right; on what, is the caller's grant and {@link scopeOf} to say. */
export function allows(role: Role, action: Action): boolean {
  const row: Row = table[action];
  return row.roles.includes(role);
}

export function scopeOf(action: Action): ActionScope {
  return table[action].scope;
}
