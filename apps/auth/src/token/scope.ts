import { Problem } from '@ncr/platform';

/** What a token is asked for: `type:name:action,…` of the token specification's scope grammar. */
export interface Scope {
  readonly type: string;
  /** Whatever stood between the first and the last colon; not yet checked against any grammar of names. */
  readonly name: string;
  /** Known actions only, each once, in the order of {@link knownActions}. */
  readonly actions: readonly string[];
}

/** Most resource scopes in one request, and the longest text of all of them together (AC-20). */
export const maximumScopes = 50;
export const maximumScopeText = 8 * 1024;

/** Actions that mean something here; the specification wants others dropped. */
const knownActions: Readonly<Record<string, readonly string[]>> = {
  repository: ['pull', 'push', 'delete', '*'],
  registry: ['*'],
};

/** The class in parentheses is deprecated and ignored. The name is greedy: it may hold a host with a port. */
const pattern = /^([a-z0-9]+)(?:\([a-z0-9]+\))?:([^\p{Cc}\s]+):([^\p{Cc}\s:]*)$/u;

const invalid = (detail: string): Problem => new Problem(400, 'scope-invalid', detail);

/**
 * Takes the values of all `scope` parameters, each a list separated by spaces. Gives one scope for each resource, in the
 * order in which they first appeared. Throws `Problem` 400 for too much, or for anything outside of the grammar.
 */
export function parseScopes(values: readonly string[]): Scope[] {
  const length = values.reduce((sum, value) => sum + value.length, 0);
  if (length > maximumScopeText) throw invalid(`scopes are longer than ${maximumScopeText} characters`);
  const texts = values.flatMap((value) => value.split(' ')).filter((text) => text !== '');
  if (texts.length > maximumScopes) throw invalid(`more than ${maximumScopes} scopes`);
  const asked = new Map<string, { type: string; name: string; actions: Set<string> }>();
  for (const text of texts) {
    const [, type, name, actions] = pattern.exec(text) ?? [];
    if (type === undefined || name === undefined || actions === undefined) {
      throw invalid('a scope is written type:name:action,action');
    }
    const key = `${type}:${name}`;
    const scope = asked.get(key) ?? { type, name, actions: new Set() };
    for (const action of actions.split(',')) scope.actions.add(action);
    asked.set(key, scope);
  }
  return [...asked.values()].map(({ type, name, actions }) => ({
    type,
    name,
    actions: (Object.hasOwn(knownActions, type) ? knownActions[type] : []).filter((action) => actions.has(action)),
  }));
}

/** The inverse of {@link parseScopes}, as one `scope` parameter. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
}
