import { MemoryDriver } from './memory-driver';
import { testStorageDriver } from './testing';

testStorageDriver('memory', async () => {
  const driver = new MemoryDriver();
  return {
    driver,
    async leftovers() {
      const keys: string[] = [];
      for await (const { key } of driver.list()) keys.push(key);
      return keys;
    },
    async dispose() {},
  };
});
