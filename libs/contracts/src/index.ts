export * from './access-key';
export * from './auth.events';
export * from './contract';
export * from './permissions';
export * from './problem';
export * from './registry';
export * from './registry.events';
export * from './session';
