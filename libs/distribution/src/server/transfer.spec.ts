import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Registry, RepositoryName, Unavailable } from '@ncr/oci';
import { MemoryRegistry } from '@ncr/oci/testing';
import { blobPath, withBlob } from '../testing/one-blob';
import { answerOf, connection } from '../testing/raw-connection';
import { Served, served } from '../testing/served';
import { Authorize, ServeOptions } from './serve-registry';

const repository = RepositoryName.parse('team/app');
const mebibyte = 1024 * 1024;
const errors: unknown[] = [];
let open: Served[] = [];

beforeEach(() => {
  errors.length = 0;
});
afterEach(() => {
  for (const one of open) one.close();
  open = [];
});

async function serve(registry: Registry | Authorize, options: ServeOptions = {}): Promise<Served> {
  const one = await served(registry, { onError: (error) => errors.push(error), ...options });
  open.push(one);
  return one;
}

describe('AC-48: slow clients', () => {
  const pace = { window: 240, bytes: 1000 };

  test('a body that stops is refused and its connection closed', async () => {
    const one = await serve(new MemoryRegistry(), { pace });
    const socket = connection(one);
    const answer = answerOf(socket);
    socket.write('PUT /v2/team/app/manifests/a HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n');
    socket.write('PUT');
    await setTimeout(600);
    socket.end();
    expect(await answer).toMatch(/^HTTP\/1\.1 413|^HTTP\/1\.1 400/);
  });

  test('a body that trickles below the pace is refused, one above it is taken', async () => {
    const registry = new MemoryRegistry();
    const one = await serve(registry, { pace });
    const { id } = await registry.startUpload(repository);
    const send = async (bytes: number) => {
      const socket = connection(one);
      const answer = answerOf(socket);
      socket.write(
        `PATCH /v2/team/app/blobs/uploads/${id} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${bytes * 30}\r\n\r\n`,
      );
      for (let i = 0; i < 30 && !socket.destroyed; i++) {
        socket.write(Buffer.alloc(bytes));
        await setTimeout(20);
      }
      socket.end();
      return answer;
    };
    expect(await send(10)).toMatch(/^HTTP\/1\.1 400 [^]*too slowly/);
    expect(await send(1000)).toMatch(/^HTTP\/1\.1 202 /);
  });

  test('a client that is held back by a slow registry is not slow itself', async () => {
    const registry = Object.assign(new MemoryRegistry(), {
      appendUpload: async (_: unknown, id: string, { content }: Parameters<Registry['appendUpload']>[2]) => {
        await content.sendTo(async () => setTimeout(500));
        return { id, offset: 3 };
      },
    });
    const { url } = await serve(registry, { pace });
    const answer = await fetch(`${url}/v2/team/app/blobs/uploads/x`, { method: 'PATCH', body: 'abc' });
    expect(answer.status).toBe(202);
  });

  test('a reader that takes nothing is cut off, and its blob is read no further', async () => {
    let sent = 0;
    const stopped = Promise.withResolvers<void>();
    const registry = withBlob(1000 * mebibyte, async (_, write) => {
      try {
        for (; sent < 1000; sent++) await write(Buffer.alloc(mebibyte));
      } finally {
        stopped.resolve();
      }
    });
    const socket = connection(await serve(registry, { pace }));
    socket.pause();
    socket.write(`GET ${blobPath} HTTP/1.1\r\nHost: h\r\n\r\n`);
    await stopped.promise;
    socket.on('error', () => undefined).resume();
    await once(socket, 'close');
    expect(sent).toBeLessThan(100);
    expect(errors).toEqual([]);
  });

  test('a reader that takes a bigger blob slowly but steadily gets all of it', async () => {
    const bytes = Buffer.alloc(8 * mebibyte, 'ncr');
    const registry = withBlob(bytes.length, async (_, write) => {
      for (let at = 0; at < bytes.length; at += mebibyte) await write(bytes.subarray(at, at + mebibyte));
    });
    const socket = connection(await serve(registry, { pace }));
    socket.write(`GET ${blobPath} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    let got = 0;
    for await (const piece of socket as AsyncIterable<Buffer>) {
      got += piece.length;
      if (got % 7 === 0) await setTimeout(30);
    }
    expect(got).toBeGreaterThan(bytes.length);
  });
});

/** What undici says of an answer that is not as long as it was announced. */
const brokenOff = /terminated|fetch failed/;

describe('bodies', () => {
  test('a piece is reused only after the kernel has taken it', async () => {
    const buffer = Buffer.alloc(mebibyte);
    const registry = withBlob(64 * mebibyte, async (_, write) => {
      for (let i = 0; i < 64; i++) {
        buffer.fill(i);
        await write(buffer);
      }
    });
    const answer = await fetch((await serve(registry)).url + blobPath);
    const got = Buffer.from(await answer.arrayBuffer());
    for (let i = 0; i < 64; i++) {
      expect(got.subarray(i * mebibyte, (i + 1) * mebibyte).equals(Buffer.alloc(mebibyte, i))).toBe(true);
    }
  });

  test.each([
    ['cannot be read to its end', new Unavailable('disk on fire')],
    ['is shorter than its size', undefined],
  ])('INV-4: a blob that %s never ends cleanly', async (_, failure) => {
    const registry = withBlob(3 * mebibyte, async (_range, write) => {
      await write(Buffer.alloc(mebibyte));
      if (failure !== undefined) throw failure;
    });
    const answer = await fetch((await serve(registry)).url + blobPath);
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow(brokenOff);
    expect(errors).toHaveLength(1);
  });

  test('INV-4: a blob longer than its size never ends cleanly', async () => {
    const registry = withBlob(10, async (_, write) => write(Buffer.alloc(11)));
    await expect(fetch((await serve(registry)).url + blobPath).then(async (all) => all.text())).rejects.toThrow(
      brokenOff,
    );
  });

  test('a client that breaks off makes the source fail, after the registry has let go of the last piece', async () => {
    let busy = false;
    const failed = Promise.withResolvers<boolean>();
    const registry = Object.assign(new MemoryRegistry(), {
      appendUpload: async (_: unknown, __: string, { content }: Parameters<Registry['appendUpload']>[2]) => {
        const reading = content.sendTo(async () => {
          busy = true;
          await setTimeout(100);
          busy = false;
        });
        await reading.catch(() => failed.resolve(busy));
        throw new Unavailable('nobody hears this');
      },
    });
    const socket = connection(await serve(registry));
    socket.write('PATCH /v2/team/app/blobs/uploads/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc');
    await setTimeout(50);
    socket.destroy();
    expect(await failed.promise).toBe(false);
  });

  test('a client that left before its body was wanted does not leave the registry waiting', async () => {
    const failed = Promise.withResolvers<unknown>();
    const registry = Object.assign(new MemoryRegistry(), {
      appendUpload: async (_: unknown, id: string, { content }: Parameters<Registry['appendUpload']>[2]) => {
        await setTimeout(100);
        await content.sendTo(() => undefined).catch(failed.resolve);
        return { id, offset: 0 };
      },
    });
    const socket = connection(await serve(registry));
    socket.write('PATCH /v2/team/app/blobs/uploads/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc');
    await setTimeout(30);
    socket.destroy();
    expect(await failed.promise).toMatchObject({ code: 'BLOB_UPLOAD_INVALID' });
  });
});
