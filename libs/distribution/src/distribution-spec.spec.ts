import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { MemoryRegistry, MemoryRegistryOptions } from '@ncr/oci/testing';
import { serveRegistry } from './server/serve-registry';
import { RegistryUnderTest, testDistributionSpec } from './testing';

async function inMemory(options: MemoryRegistryOptions): Promise<RegistryUnderTest> {
  const registry = new MemoryRegistry(options);
  const listener = serveRegistry(() => ({ registry }));
  const server = createServer({ requestTimeout: 0 }, listener).on('checkContinue', listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: () => ({}),
    freshRepository: () => `team/${randomUUID()}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

testDistributionSpec('the in-memory registry', async () => inMemory({}));
testDistributionSpec(
  'the in-memory registry that takes sparse indexes',
  async () => inMemory({ sparse: true }),
  'sparse',
);
