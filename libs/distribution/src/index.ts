export { type Challenge, formatChallenge, parseChallenges } from './challenge';
export { formatQuery, Query } from './query';
export { type Credentials } from './remote/credentials';
export { type RemoteOptions, RemoteRegistry } from './remote/remote-registry';
export { formatPath, type Method, type MethodOf, type Mount, parseRoute, type Route, type Target } from './route';
export { type Pace, usualPace } from './server/pace';
export { type Access, type Authorize, type ServeOptions, serveRegistry } from './server/serve-registry';
export { decodeError, encodeError, type Refusal, type RegistryErrorClass } from './wire-error';
