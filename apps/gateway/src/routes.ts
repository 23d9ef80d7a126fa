/** Each has its own limit per client address. */
export type RateClass = 'login' | 'token' | 'api' | 'page';

/**
 * What becomes of the credentials a client sends: turned into a management token, left for the service to judge
 * (`login` is the same with the session cookie of before), or dropped.
 */
export type CredentialRule = 'exchange' | 'login' | 'own' | 'drop';

/** One row of the routing table. */
export interface Route {
  /** Which service answers; undefined where every process answers for itself. */
  readonly service?: 'auth' | 'registry';
  readonly rate: RateClass;
  readonly credentials: CredentialRule;
}

interface Row extends Route {
  /** The path itself and all below it. */
  readonly path: string;
  /** Any when absent. */
  readonly method?: string;
}

/** The first row that fits decides. `/v2/` is not here: it goes to the data plane before the gateway is asked. */
const table: readonly Row[] = [
  { path: '/token', service: 'auth', rate: 'token', credentials: 'own' },
  { path: '/.well-known/jwks.json', service: 'auth', rate: 'page', credentials: 'drop' },
  { path: '/api/v1/session', method: 'POST', service: 'auth', rate: 'login', credentials: 'login' },
  { path: '/api/v1/me/password', service: 'auth', rate: 'login', credentials: 'exchange' },
  { path: '/api/v1/session', service: 'auth', rate: 'api', credentials: 'exchange' },
  { path: '/api/v1/me', service: 'auth', rate: 'api', credentials: 'exchange' },
  { path: '/api/v1/accounts', service: 'auth', rate: 'api', credentials: 'exchange' },
  { path: '/api/v1/access-keys', service: 'auth', rate: 'api', credentials: 'exchange' },
  { path: '/api/v1/registries', service: 'registry', rate: 'api', credentials: 'exchange' },
  { path: '/api/docs', rate: 'page', credentials: 'drop' },
  { path: '/api/docs.json', rate: 'page', credentials: 'drop' },
  { path: '/api/docs.yaml', rate: 'page', credentials: 'drop' },
  { path: '/healthz', rate: 'page', credentials: 'drop' },
  { path: '/readyz', rate: 'page', credentials: 'drop' },
];

/** Where a request goes; `path` is without its query. Undefined: nowhere. */
export function routeOf(method: string, path: string): Route | undefined {
  return table.find(
    (row) => (row.method ?? method) === method && (path === row.path || path.startsWith(`${row.path}/`)),
  );
}

/**
 * What the listener let through and a router could still read in two ways: `;` begins a parameter for some, and a slash
 * is encoded only inside the name of an image (SR-8).
 */
export function isAmbiguous(path: string): boolean {
  return path.includes(';') || (/%2f/i.test(path) && !/^\/api\/v1\/registries\/[^/%]+\/images\//.test(path));
}
