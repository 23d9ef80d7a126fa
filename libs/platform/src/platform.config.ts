import { z } from 'zod';
import { defineSettings, duration, integer, optionalInteger, secret, SettingsOf, text } from './settings';

/** Parses `https://host[:port]`; gives the origin as browsers write it. */
const origins = text()
  .transform((list, context) =>
    list.split(',').flatMap((entry) => {
      const url = URL.canParse(entry.trim()) ? new URL(entry.trim()) : undefined;
      const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !/[?#@]/.test(entry);
      if (isOrigin) return [url.origin];
      context.addIssue('must be origins such as https://registry.example.com, separated by commas');
      return [];
    }),
  )
  .optional();

const internalUrls = text()
  .transform((list, context) => {
    const urls = new Map<string, string>();
    for (const entry of list.split(',')) {
      const [, service, url] = /^([a-z-]+)=(https?:\/\/[^/]+)\/?$/.exec(entry.trim()) ?? [];
      if (service && url) urls.set(service, url);
      else context.addIssue('must be entries such as auth=http://auth:9000, separated by commas');
    }
    return urls;
  })
  .optional();

/** Settings that every process reads. */
export const PlatformSettings = defineSettings({
  NCR_HOST: text('127.0.0.1').describe('Address to listen on; 0.0.0.0 or :: for all.'),
  NCR_PORT: integer(8080, [0, 65_535]).describe('Port to listen on; 0 takes a free one.'),
  NCR_DATA: text('.ncr').describe('Folder for everything that this process keeps on disk.'),
  NCR_DATABASE_URL: secret().describe(
    'PostgreSQL, as postgres://user:password@host:port/database; no transaction-mode pooler.',
  ),
  NCR_DATABASE_CONNECTIONS: integer(10, [2, 1000]).describe(
    'Database connections for management and messages, per process.',
  ),
  NCR_DATA_PLANE_CONNECTIONS: integer(10, [1, 1000]).describe('Database connections for push and pull, per process.'),
  NCR_MASTER_KEY_FILE: text().describe('File with the key from which all others are derived; keep a copy of it.'),
  NCR_PUBLIC_HOSTS: origins.describe(
    'Origins that clients use, such as https://registry.example.com, separated by commas; unset: this machine at the port in use.',
  ),
  NCR_INTERNAL_PORT: optionalInteger([1, 65_535]).describe(
    'Port for calls between services in processes of their own; unset: a socket file under NCR_DATA.',
  ),
  NCR_INTERNAL_URLS: internalUrls.describe(
    'Where services in other processes are, as auth=http://auth:9000, separated by commas.',
  ),
  NCR_ADMIN_PORT: optionalInteger([0, 65_535]).describe('Port on 127.0.0.1 for metrics and health; unset: none.'),
  NCR_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error')
    .prefault('info')
    .meta({ default: 'info' })
    .describe('How much is logged: debug, info, warn or error.'),
  NCR_REVOCATION_GRACE: duration('10min').describe(
    'How long tokens are accepted without news of revocations before requests are refused; 60s is strict.',
  ),
  NCR_DRAIN: duration('30s').describe('How long a stopping process lets running requests go on.'),
});
export type PlatformSettings = SettingsOf<typeof PlatformSettings>;
