export * from './bytes';
export { type Descriptor, parseDescriptor, type Platform } from './descriptor';
export * from './digest';
export * from './errors';
export * from './manifest';
export * from './media-types';
export * from './reference';
export * from './registry';
export * from './repository-name';
