export * from './testing/memory-registry';
