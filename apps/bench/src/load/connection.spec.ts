import { createHash, randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Connection } from './connection';
import { request } from './request';

let server: Server | undefined;

async function connectionTo(listener: RequestListener): Promise<Connection> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return new Connection({ host: '127.0.0.1', port: (listening.address() as AddressInfo).port });
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const get = request({ host: 'x', authorization: 'Bearer t' }, 'GET', '/v2/');

test('many requests go over one socket', async () => {
  const connection = await connectionTo((req, res) => res.end(req.headers.authorization));
  for (let turn = 0; turn < 20; turn++) {
    const answer = await connection.exchange(get, 'keep');
    expect(answer.body?.toString()).toBe('Bearer t');
  }
  expect(connection.opened).toBe(1);
  connection.close();
});

test('a large body is counted and hashed', async () => {
  const content = randomBytes(3_000_000);
  const connection = await connectionTo((_, res) => res.end(content));
  const answer = await connection.exchange(get, 'hash');
  expect(answer.bytes).toBe(content.length);
  expect(answer.sha256).toBe(createHash('sha256').update(content).digest('hex'));
  connection.close();
});

test('a body in parts arrives whole', async () => {
  const parts = [randomBytes(2_000_000), randomBytes(32)];
  const connection = await connectionTo((req, res) => {
    const hash = createHash('sha256');
    req.on('data', (bytes: Buffer) => hash.update(bytes)).on('end', () => res.end(hash.digest('hex')));
  });
  const answer = await connection.exchange(request({ host: 'x' }, 'PUT', '/v2/', { parts }), 'keep');
  expect(answer.body?.toString()).toBe(createHash('sha256').update(Buffer.concat(parts)).digest('hex'));
  connection.close();
});

test('a server that closes after an answer is connected to again', async () => {
  const connection = await connectionTo((_, res) => res.setHeader('connection', 'close').end('x'));
  await connection.exchange(get);
  await connection.exchange(get);
  expect(connection.opened).toBe(2);
});

test('a connection that breaks in the middle of a body fails the request, and the next one works', async () => {
  let calls = 0;
  const connection = await connectionTo((_, res) => {
    if (calls++ > 0) return res.end('whole');
    res.writeHead(200, { 'content-length': '100' });
    res.write('part');
    setTimeout(() => res.destroy(), 20);
    return undefined;
  });
  await expect(connection.exchange(get)).rejects.toThrow(/closed|aborted|reset/);
  expect((await connection.exchange(get)).bytes).toBe(5);
  connection.close();
});

test('an answer that is not HTTP fails the request', async () => {
  const connection = await connectionTo((req) => req.socket.end('nonsense\r\n\r\n'));
  await expect(connection.exchange(get)).rejects.toThrow('not a status line');
});
