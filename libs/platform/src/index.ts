export { AcceptsForm, Internal, Public, Requires } from './access';
export { Caller, CurrentCaller, CurrentRegistry } from './caller';
export { type Audience, type Claims, tokenTypes } from './claims';
export { networkOf } from './client-network';
export { DataPool, inTransaction, retried } from './data-pool';
export { InternalCallRefused, InternalClient } from './internal-client';
export type { KeySetDocument } from './key-set';
export { ListQuery } from './list-query';
export { createMasterKey, MasterKey } from './master-key';
export { Metrics } from './metrics';
export { migrate } from './migrations';
export { PlatformSettings } from './platform.config';
export {
  etagOf,
  forbidden,
  notFound,
  Problem,
  type ProblemFacts,
  registryUnknown,
  requireMatch,
  unauthenticated,
  unavailable,
} from './problem';
export { problemOf, sendProblem } from './problem-filter';
export { originOf, PublicHosts } from './public-hosts';
export { RegistryIds } from './registry-ids';
export { requestIdOf } from './request-id';
export { applyRevocations, Revocations, revocationTable } from './revocations';
export type { ServeOptions } from './process';
export { type Running, serve } from './serve';
export { ServedServices } from './served-services';
export { type DataPlane, defineService, type Front, type Service } from './service';
export {
  count,
  defineSettings,
  describeSettings,
  duration,
  flag,
  integer,
  optionalInteger,
  readSettings,
  secret,
  SettingsInvalid,
  type SettingsOf,
  type SettingsSchema,
  size,
  text,
} from './settings';
export { InvalidToken, TokenVerifier } from './token-verifier';
