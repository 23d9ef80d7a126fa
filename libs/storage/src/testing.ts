export { type Damage, FaultyFileSystem } from './testing/faulty-file-system';
export { type StorageUnderTest, testStorageDriver } from './testing/conformance';
