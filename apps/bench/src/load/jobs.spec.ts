import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Jobs, type PushJob, type ReadJob, type SettleJob, type Target } from './jobs';

type Answer = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void;

let server: Server | undefined;

/** A far side that answers as told, and how to reach it. */
async function farSide(answer: Answer): Promise<Target> {
  const listening = createServer((req, res) => {
    const pieces: Buffer[] = [];
    req.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => answer(req, res, Buffer.concat(pieces)));
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return { address: { host: '127.0.0.1', port }, caller: { host: `127.0.0.1:${port}` } };
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const text = 'content';
const sha256 = createHash('sha256').update(text).digest('hex');
const pace = { connections: 2, seconds: 0.1 };

function readOf(target: Target): ReadJob {
  const expected = { status: 200, bytes: text.length, sha256 };
  return { ...target, ...pace, kind: 'read', method: 'GET', path: '/v2/a/blobs/x', expected, hashEvery: 1 };
}

test('right answers are counted with their bytes and times', async () => {
  const target = await farSide((_, res) => res.end(text));
  const measured = await new Jobs().run(readOf(target));
  expect(measured).toMatchObject({ errors: 0, reopened: 0 });
  expect(measured.operations).toBeGreaterThan(10);
  expect(measured.bytes).toBe(measured.operations * text.length);
  expect(measured.seconds).toBeGreaterThanOrEqual(0.1);
  expect(measured.p50).toBeLessThanOrEqual(measured.p99);
});

test.each([
  ['a wrong status', (res: ServerResponse) => res.writeHead(206).end(text), 'status 206'],
  ['a body of another length', (res: ServerResponse) => res.end('conten'), '6 bytes'],
  ['a body with other bytes', (res: ServerResponse) => res.end('Content'), 'wrong content'],
])('%s is an error and no operation', async (_, answer, message) => {
  const target = await farSide((__, res) => answer(res));
  const measured = await new Jobs().run(readOf(target));
  expect(measured.operations).toBe(0);
  expect(measured.errors).toBeGreaterThan(0);
  expect(measured.firstError).toContain(message);
});

test('only every so many-th body is hashed', async () => {
  const target = await farSide((_, res) => res.end('Content'));
  const { operations, errors } = await new Jobs().run({ ...readOf(target), hashEvery: 5 });
  expect(operations).toBeGreaterThan(5);
  expect(errors).toBeLessThanOrEqual(operations / 4 + 1);
});

test('HEAD must announce the length', async () => {
  const target = await farSide((_, res) => res.setHeader('content-length', '6').end());
  const job: ReadJob = { ...readOf(target), method: 'HEAD', expected: { status: 200, bytes: text.length } };
  expect((await new Jobs().run(job)).firstError).toContain('HEAD');
});

test('a server that goes away ends a run with errors instead of hanging', async () => {
  const target = await farSide((_, res) => res.socket?.destroy());
  const measured = await new Jobs().run(readOf(target));
  expect(measured).toMatchObject({ operations: 0, firstError: 'the server closed the connection' });
});

/** As much of a registry as a push needs; `spoil` says what becomes of the bytes of a blob. */
async function registry(
  spoil: (body: Buffer, turn: number) => Buffer | undefined,
): Promise<Target & { held: Map<string, Buffer> }> {
  const held = new Map<string, Buffer>();
  let turn = 0;
  const target = await farSide((req, res, body) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://x');
    const digest = searchParams.get('digest') ?? pathname.slice(pathname.lastIndexOf('/') + 1);
    if (req.method === 'POST') return res.writeHead(202, { location: 'http://elsewhere.test/u?state=1' }).end();
    if (req.method === 'PUT') {
      const right = `sha256:${createHash('sha256').update(body).digest('hex')}` === digest;
      const kept = spoil(body, turn++);
      if (kept) held.set(digest, kept);
      return res.writeHead(right && searchParams.get('state') === '1' ? 201 : 400).end();
    }
    const found = held.get(digest);
    if (!found) return res.writeHead(404).end();
    if (req.method === 'DELETE') held.delete(digest);
    if (req.method === 'DELETE') return res.writeHead(202).end();
    return res.setHeader('content-length', found.length).end(found);
  });
  return { ...target, held };
}

function pushesTo({ address, caller }: Target): { push: PushJob; settle: SettleJob } {
  const common = { address, caller, repository: 'a', size: 1000 };
  return { push: { ...common, ...pace, kind: 'push', limit: 30 }, settle: { ...common, kind: 'settle', remove: true } };
}

test('pushed blobs are all different, are found afterwards, and are removed', async () => {
  const target = await registry((body) => body);
  const { push, settle } = pushesTo(target);
  const jobs = new Jobs();
  expect(await jobs.run(push)).toMatchObject({ errors: 0, operations: 30, bytes: 30_000 });
  expect(target.held.size).toBe(30);
  expect(await jobs.run(settle)).toMatchObject({ errors: 0, operations: 30 });
  expect(target.held.size).toBe(0);
});

test('a blob that was acknowledged and is not there is an error', async () => {
  const { push, settle } = pushesTo(await registry((body, turn) => (turn === 7 ? undefined : body)));
  const jobs = new Jobs();
  expect(await jobs.run(push)).toMatchObject({ errors: 0 });
  expect((await jobs.run(settle)).firstError).toMatch(/^HEAD of the pushed sha256:.*status 404/);
});

test('a blob that was stored short or altered is an error', async () => {
  for (const spoil of [(body: Buffer) => body.subarray(1), (body: Buffer) => Buffer.alloc(body.length)]) {
    const { push, settle } = pushesTo(await registry(spoil));
    const jobs = new Jobs();
    await jobs.run(push);
    expect((await jobs.run(settle)).errors).toBeGreaterThan(0);
    server?.closeAllConnections();
    server?.close();
  }
});
