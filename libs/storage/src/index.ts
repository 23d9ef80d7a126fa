export * from './errors';
export { FolderDriver, type FolderOptions } from './folder-driver';
export { MemoryDriver } from './memory-driver';
export { S3Driver, type S3Options } from './s3-driver';
export { openStorage, type StorageOptions } from './open-storage';
export * from './storage-driver';
