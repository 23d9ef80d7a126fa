export * from './testing/specification';
