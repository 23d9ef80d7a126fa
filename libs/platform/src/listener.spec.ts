import { EventEmitter, once } from 'node:events';
import { Agent, get, request, ServerResponse } from 'node:http';
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
