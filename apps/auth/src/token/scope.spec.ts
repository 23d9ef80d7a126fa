import * as fc from 'fast-check';
import { formatScopes, maximumScopes, maximumScopeText, parseScopes, Scope } from './scope';

const actions = fc.subarray(['pull', 'push', 'delete', '*']);
const name = fc.stringMatching(/^[a-z0-9]([a-z0-9._/:-]{0,30}[a-z0-9])?$/);
const scope: fc.Arbitrary<Scope> = fc.record({ type: fc.constant('repository'), name, actions });
const scopes = fc.uniqueArray(scope, { selector: ({ name }) => name, maxLength: 20 });

describe('the scope parser (AC-20)', () => {
  it('reads back what was written', () => {
    fc.assert(fc.property(scopes, (asked) => expect(parseScopes([formatScopes(asked)])).toEqual(asked)));
  });

  it('takes a list separated by spaces and a repeated parameter for the same', () => {
    fc.assert(
      fc.property(scopes, (asked) => {
        expect(parseScopes(asked.map((scope) => formatScopes([scope])))).toEqual(parseScopes([formatScopes(asked)]));
      }),
    );
  });

  it('never grants an action that was not written, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        let parsed: Scope[] = [];
        try {
          parsed = parseScopes([text]);
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
        }
        for (const { type, name, actions } of parsed) {
          for (const part of [type, name, ...actions]) expect(text).toContain(part);
        }
      }),
    );
  });

  it.each([
    ['repository:a/b:push,pull', [{ type: 'repository', name: 'a/b', actions: ['pull', 'push'] }]],
    ['repository:localhost:5000/a/b:pull', [{ type: 'repository', name: 'localhost:5000/a/b', actions: ['pull'] }]],
    ['repository(plugin):a/b:pull', [{ type: 'repository', name: 'a/b', actions: ['pull'] }]],
    ['repository:a/b:metadata_read,pull', [{ type: 'repository', name: 'a/b', actions: ['pull'] }]],
    ['repository:a/b:', [{ type: 'repository', name: 'a/b', actions: [] }]],
    ['registry:catalog:*', [{ type: 'registry', name: 'catalog', actions: ['*'] }]],
    ['registry:catalog:pull', [{ type: 'registry', name: 'catalog', actions: [] }]],
    ['weather:a:pull', [{ type: 'weather', name: 'a', actions: [] }]],
    ['repository:a/b:pull repository:a/b:push', [{ type: 'repository', name: 'a/b', actions: ['pull', 'push'] }]],
    ['  ', []],
  ])('reads %j', (text, expected) => {
    expect(parseScopes([text])).toEqual(expected);
  });

  it.each([
    'repository',
    'repository:a',
    ':a:pull',
    'Repository:a:pull',
    'repository:a\n:pull',
    'repository:a:p\tull',
    'repository::pull',
  ])('refuses %j', (text) => {
    expect(() => parseScopes([text])).toThrow(expect.objectContaining({ status: 400, code: 'scope-invalid' }));
  });

  it(`refuses more than ${maximumScopes} scopes, or ${maximumScopeText} characters`, () => {
    const many = Array.from({ length: maximumScopes + 1 }, (_, i) => `repository:a/b${i}:pull`);
    expect(parseScopes(many.slice(1))).toHaveLength(maximumScopes);
    expect(() => parseScopes(many)).toThrow('more than 50');
    expect(() => parseScopes([`repository:${'a'.repeat(maximumScopeText)}:pull`])).toThrow('longer');
  });
});
