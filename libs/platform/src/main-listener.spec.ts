import { connect } from 'node:net';
import { startService, TestService } from './testing';
import { shop } from './testing/shop';
import { ShopClient } from './testing/shop-client';

let running: TestService;
beforeAll(async () => {
  running = await startService([shop]);
});
afterAll(() => running.close());

const { post } = new ShopClient(() => running);

/** Sends text as it is and gives all that comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(running.port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket
      .on('data', (piece) => (answer += piece.toString()))
      .on('end', () => resolve(answer))
      .on('error', reject);
  });
}

describe('what comes in', () => {
  it('AC-69: is refused for a host that is not ours, or two', async () => {
    const head = (lines: string) => raw(`GET /healthz HTTP/1.1\r\n${lines}\r\nConnection: close\r\n\r\n`);
    expect(await head('Host: evil')).toMatch(/^HTTP\/1.1 421 .*"host-unknown"/s);
    expect(await head(`Host: localhost:${running.port}\r\nHost: evil`)).toMatch(/^HTTP\/1.1 4/);
    expect(await head(`Host: LOCALHOST:${running.port}`)).toMatch(/^HTTP\/1.1 200/);
    expect(
      await raw(`GET http://evil/v2/ HTTP/1.1\r\nHost: localhost:${running.port}\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 400/);
  });

  it.each([
    '//api/v1/me',
    '/api/v1/me/',
    '/%61pi/v1/me',
    '/api/v1/me;x=1',
    '/API/v1/me',
    '/api/./v1/me',
    '/api/%2e%2e/api/v1/me',
  ])('AC-01: never reaches a handler as %s', async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost:${running.port}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 (?:400|401|404) /);
    expect(answer).toContain('application/problem+json');
  });

  it('AC-05: is refused with each unknown or wrong field named', async () => {
    const response = await post('/api/v1/things', '{"name":"too long","isAdmin":true}');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'validation-failed',
      fields: expect.arrayContaining([
        expect.objectContaining({ field: 'isAdmin', rule: 'unknown' }),
        expect.objectContaining({ field: 'name', rule: 'maxLength' }),
      ]) as unknown,
    });
  });

  it.each([
    ['AC-76 twice the same key', '{"name":"a","name":"b"}', 400],
    ['AC-76 __proto__', '{"name":"a","__proto__":{}}', 400],
    ['AC-53 too deep', '['.repeat(40) + ']'.repeat(40), 400],
    ['AC-53 too large', JSON.stringify({ name: 'x'.repeat(70_000) }), 413],
    ['no JSON', '{', 400],
  ])('is refused when it is JSON of this kind: %s', async (_, body, status) => {
    const response = await post('/api/v1/things', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each([
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    '',
  ])('AC-67: is refused as %j', async (type) => {
    expect((await post('/api/v1/things', '{"name":"a"}', { 'content-type': type })).status).toBe(415);
  });
});
