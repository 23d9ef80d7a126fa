import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerTokens } from './bearer';

let server: Server;
let url: string;
let asked: { scopes: string[]; service: string | null; authorization: string | undefined }[];
let status: number;

beforeEach(async () => {
  asked = [];
  status = 200;
  server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', url);
    if (pathname === '/v2/') {
      res.writeHead(401, { 'www-authenticate': `Bearer realm="${url}/token",service="registry here"` }).end();
      return;
    }
    const { authorization } = req.headers;
    asked.push({ scopes: searchParams.getAll('scope'), service: searchParams.get('service'), authorization });
    res.writeHead(status).end(JSON.stringify({ token: `t${asked.length}`, expires_in: 600 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  jest.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});

test('a token for all repositories is asked for as the challenge says', async () => {
  const credentials = await bearerTokens(url, 'Basic abc');
  expect(await credentials()).toBe('Bearer t1');
  expect(asked).toEqual([
    {
      scopes: ['small', 'tagged', 'pushed'].map((name) => `repository:bench/${name}:pull,push,delete`),
      service: 'registry here',
      authorization: 'Basic abc',
    },
  ]);
});

test('a token is used until half of its life is over, then fetched anew', async () => {
  const start = Date.now();
  const clock = jest.spyOn(Date, 'now').mockReturnValue(start);
  const credentials = await bearerTokens(url, 'Basic abc');
  expect(await credentials()).toBe('Bearer t1');
  clock.mockReturnValue(start + 299_000);
  expect(await credentials()).toBe('Bearer t1');
  clock.mockReturnValue(start + 300_000);
  expect(await credentials()).toBe('Bearer t2');
});

test('a refusal is an error with its status', async () => {
  status = 401;
  const credentials = await bearerTokens(url, 'Basic abc');
  await expect(credentials()).rejects.toThrow('answered with 401');
});
