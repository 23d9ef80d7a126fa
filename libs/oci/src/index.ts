export * from './bytes';
export * from './descriptor';
export * from './digest';
export * from './errors';
export * from './reference';
export * from './registry';
export * from './repository-name';
