const pattern = /^[a-z][a-z0-9_-]{0,62}$/;

/** The schema of a service as an SQL identifier: the service's name, quoted. Throws for what is not a service name. */
export function quoteSchema(service: string): string {
  if (!pattern.test(service)) throw new Error(`not a service name: ${service}`);
  return `"${service}"`;
}
