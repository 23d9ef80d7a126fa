export { Mount, Method, MethodOf, Route, Target, formatPath, parseRoute } from './route';
export { Query, formatQuery } from './query';
export { Access, Authorize, ServeOptions, serveRegistry } from './server/serve-registry';
export { Pace, usualPace } from './server/pace';
