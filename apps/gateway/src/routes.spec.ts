import { isAmbiguous, routeOf } from './routes';

describe('the routing table', () => {
  it.each([
    ['GET /token', { service: 'auth', rate: 'token', credentials: 'own' }],
    ['POST /token', { service: 'auth', rate: 'token', credentials: 'own' }],
    ['POST /api/v1/session', { service: 'auth', rate: 'login', credentials: 'login' }],
    ['DELETE /api/v1/session', { service: 'auth', rate: 'api', credentials: 'exchange' }],
    ['GET /api/v1/me', { service: 'auth', rate: 'api', credentials: 'exchange' }],
    ['PUT /api/v1/me/password', { service: 'auth', rate: 'login', credentials: 'exchange' }],
    ['GET /api/v1/registries/team/images/a%2Fb', { service: 'registry', rate: 'api', credentials: 'exchange' }],
    ['GET /.well-known/jwks.json', { service: 'auth', rate: 'page', credentials: 'drop' }],
    ['GET /api/docs/swagger-ui.css', { rate: 'page', credentials: 'drop' }],
    ['GET /healthz', { rate: 'page', credentials: 'drop' }],
  ])('sends %s on its way', (request, route) => {
    const [method, path] = request.split(' ');
    expect(routeOf(method, path)).toMatchObject(route);
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
