import { EventEmitter, once } from 'node:events';
import { Agent, get, request, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Listener } from './listener';

describe('a listener', () => {
  it('F-24: limits neither the time of a whole request nor that of a body, and outlives the usual proxy', () => {
    const { server } = new Listener(() => undefined);
    expect(server).toMatchObject({ requestTimeout: 0, timeout: 0, headersTimeout: 20_000, keepAliveTimeout: 75_000 });
  });

  it('F-24: lets what runs end, tells the client to close, and takes nothing new', async () => {
    const arrived = new EventEmitter();
    const waiting = once(arrived, 'request');
    const listener = new Listener((_, response) => void arrived.emit('request', response));
    const port = await listener.listen({ host: '127.0.0.1', port: 0 });
    const agent = new Agent({ keepAlive: true });
    const slow = new Promise<{ body: string; connection?: string }>((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent }, (response) => {
        text(response).then((body) => resolve({ body, connection: response.headers.connection! }), reject);
      }).on('error', reject);
    });
    const [response] = (await waiting) as [ServerResponse];
    const closed = listener.close(5000);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
    response.end('done');
    expect(await slow).toEqual({ body: 'done', connection: 'close' });
    await closed;
    agent.destroy();
  });

  it('AC-48: handles what comes in one packet one after the other, and no more than a few of it', async () => {
    const handled: [string | undefined, ServerResponse][] = [];
    const listener = new Listener(({ url }, response) => void handled.push([url, response]));
    const port = await listener.listen({ host: '127.0.0.1', port: 0 });
    const send = (count: number): Socket => {
      const paths = Array.from({ length: count }, (_, i) => `/${i}`);
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''));
      return socket;
    };
    const few = send(3);
    for (const path of ['/0', '/1', '/2']) {
      while (handled.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const [[url, response]] = handled.splice(0) as [(typeof handled)[0]];
      expect([url, handled]).toEqual([path, []]);
      response.end(path);
    }
    few.destroy();
    const many = send(1000).resume();
    await once(many, 'close');
    expect(handled.map(([url]) => url)).toEqual(['/0']);
    await listener.close(0);
  });

  it('cuts off what has not ended in time', async () => {
    const listener = new Listener(() => undefined);
    const port = await listener.listen({ host: '127.0.0.1', port: 0 });
    const broken = new Promise((resolve) => request({ port, host: '127.0.0.1' }).on('error', resolve).end());
    await new Promise((resolve) => setTimeout(resolve, 50));
    const begin = Date.now();
    await listener.close(100);
    expect(Date.now() - begin).toBeLessThan(1000);
    expect(await broken).toMatchObject({ code: 'ECONNRESET' });
  });
});
