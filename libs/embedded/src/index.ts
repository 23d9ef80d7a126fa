export { PostgresUnavailable } from './errors';
export { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres';
