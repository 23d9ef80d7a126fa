import { Revocations } from '@ncr/platform';
import { TestAuth } from '../testing';

describe('a token and the end of the right it carries (TOK-1)', () => {
  let auth: TestAuth;
  let admin: string;
  let team: string;

  beforeAll(async () => {
    auth = await TestAuth.start();
    admin = (await auth.signIn()).token;
    team = await auth.registry('team');
  }, 60_000);
  afterAll(() => auth.stop());

  it('never miss each other: no token with the right survives, however the two fall together', async () => {
    const { id, token } = await auth.account('race@example.com');
    const { header } = await auth.key(token);
    const revocations = auth.running.app.get(Revocations);
    for (let round = 0; round < 15; round++) {
      const grant = await auth.call(admin, 'POST', `accounts/${id}/grants`, {
        role: 'project-admin',
        registryId: team,
      });
      const asking = Array.from({ length: 6 }, () =>
        auth.token('service=ncr-registry&scope=repository:team/app:push', header),
      );
      const removing = auth.call(admin, 'DELETE', `accounts/${id}/grants/${grant.body['id']}`);
      const answers = await Promise.all(asking);
      expect((await removing).status).toBe(204);
      await revocations.reload();
      for (const { body } of answers) {
        const claims = auth.claims(String(body['token']));
        const isGood = revocations.allows(claims, [team]);
        expect(isGood && claims.access!.length > 0).toBe(false);
      }
    }
  }, 60_000);
});
