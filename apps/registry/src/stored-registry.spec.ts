import { serveRegistry } from '@ncr/distribution';
import { testDistributionSpec, RegistryUnderTest } from '@ncr/distribution/testing';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { TestInstallation } from './testing/stored-registry';

async function serveStored(environment: Record<string, string>): Promise<RegistryUnderTest> {
  const installation = await TestInstallation.open(environment);
  const registry = installation.as();
  const handle = serveRegistry(() => ({ registry }));
  const server = createServer({ requestTimeout: 0 }, handle).on('checkContinue', handle);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  let count = 0;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: () => ({}),
    freshRepository: () => `team/image-${++count}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await installation.close();
    },
  };
}

testDistributionSpec('OCI-1: the stored registry', () => serveStored({}));
testDistributionSpec(
  'OCI-1: the stored registry, with two workers and sparse indexes',
  () => serveStored({ NCR_WORKERS: '2', NCR_SPARSE_INDEXES: 'true' }),
  'sparse',
);
