import { randomUUID } from 'node:crypto';
import { MemoryRegistry } from '@ncr/oci/testing';
import { testDistributionSpec } from '../testing';
import { served } from '../testing/served';
import { RemoteRegistry } from './remote-registry';

testDistributionSpec('a registry that is another registry over HTTP', async () => {
  const far = await served(new MemoryRegistry());
  const near = await served(new RemoteRegistry({ origin: far.url }));
  return {
    url: near.url,
    headers: () => ({}),
    freshRepository: () => `team/${randomUUID()}`,
    close: () => {
      near.close();
      far.close();
    },
  };
});
