import { isAmbiguous, routeOf } from './routes';

describe('the routing table', () => {
  it.each([
    ['GET', '/token', 'auth', 'token', 'own'],
    ['POST', '/token', 'auth', 'token', 'own'],
    ['POST', '/api/v1/session', 'auth', 'login', 'login'],
    ['DELETE', '/api/v1/session', 'auth', 'api', 'exchange'],
    ['GET', '/api/v1/me', 'auth', 'api', 'exchange'],
    ['PUT', '/api/v1/me/password', 'auth', 'login', 'exchange'],
    ['GET', '/api/v1/registries/team/images/a%2Fb', 'registry', 'api', 'exchange'],
    ['GET', '/.well-known/jwks.json', 'auth', 'page', 'drop'],
    ['GET', '/api/docs/swagger-ui.css', undefined, 'page', 'drop'],
    ['GET', '/healthz', undefined, 'page', 'drop'],
  ])('%s %s goes to %s', (method, path, service, rate, credentials) => {
    expect(routeOf(method, path)).toMatchObject({ rate, credentials, ...(service && { service }) });
  });

  it.each([
    '/internal/jwks',
    '/tokens',
    '/api',
    '/api/v1',
    '/api/v1/',
    '/api/v2/me',
    '/API/v1/me',
    '/metrics',
    '/v2/',
    '/healthz2',
  ])('knows nothing of %s', (path) => expect(routeOf('GET', path)).toBeUndefined());
});

describe('a path that can be read in two ways (AC-01, SR-8)', () => {
  it.each([
    '/api/v1/me;x=1',
    '/api%2Fv1/me',
    '/api/v1/accounts%2f1',
    '/api/v1/registries/a%2Fb',
    '/api/v1/registries%2Fteam',
  ])('%s is one', (path) => expect(isAmbiguous(path)).toBe(true));

  it.each([
    '/api/v1/registries/team/images/a%2Fb',
    '/api/v1/registries/team/images/a%2fb/artifacts/latest',
    '/api/v1/me',
  ])('%s is none', (path) => expect(isAmbiguous(path)).toBe(false));
});
