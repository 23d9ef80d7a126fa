/** PostgreSQL could not be found, prepared or started; the message says what to do. */
export class PostgresUnavailable extends Error {
  override readonly name = 'PostgresUnavailable';
}
