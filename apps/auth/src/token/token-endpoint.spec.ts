import { TestAuth } from '../testing';

describe('the token endpoint', () => {
  let auth: TestAuth;
  beforeAll(async () => {
    auth = await TestAuth.start();
  }, 60_000);
  afterAll(() => auth.stop());

  it('works', async () => {
    const { token } = await auth.signIn();
    console.log(auth.claims(token, 'management'));
    console.log(await auth.call(token, 'GET', 'me'));
    console.log(await auth.call(token, 'POST', 'access-keys', {}));
  });
});
