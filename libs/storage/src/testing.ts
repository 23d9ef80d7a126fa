export { type Damage, FaultyFileSystem } from './testing/faulty-file-system';
export { type Fault, FaultyProxy, type S3Operation } from './testing/faulty-proxy';
export { type S3Program, S3Server } from './testing/s3-server';
export { type StorageUnderTest, testStorageDriver } from './testing/conformance';
