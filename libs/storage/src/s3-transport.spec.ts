import { RequestOptions } from 'node:http';
import { s3Transport, StoreSilent } from './s3-transport';

test('FI-08: a connection that does not come about is given up in time', async () => {
  const { transport } = s3Transport('http://store.example', { connect: 100, idle: 10_000, complete: 10_000 });
  const options: RequestOptions = { host: 'store.example', lookup: () => {} }; // the name is never found
  const began = performance.now();
  const outcome = await new Promise((resolve) => {
    transport?.request(options, resolve).once('error', resolve).end();
  });
  expect(outcome).toBeInstanceOf(StoreSilent);
  expect(performance.now() - began).toBeLessThan(5000);
});
