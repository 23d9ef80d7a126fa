import { PlatformSettings } from '@ncr/platform';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a person needs to know once everything runs: where it is, who the admin is, and what to type. */
export function greeting(settings: PlatformSettings, port: number, isFirst: boolean): string {
  const origin = settings.NCR_PUBLIC_HOSTS?.[0] ?? `http://localhost:${port}`;
  const { host } = new URL(origin);
  const admin = process.env.NCR_ADMIN || 'admin@ncr.local';
  return [
    '',
    `  ncr is running at ${origin}/`,
    '',
    `  admin     ${admin}`,
    `  password  ${passwordHint(settings.NCR_DATA, isFirst)}`,
    '',
    '  Create a registry called team, log in, and push an image:',
    '',
    `    curl -u ${admin} -H 'Content-Type: application/json' -d '{"name":"team"}' ${origin}/api/v1/registries`,
    `    docker login ${host} -u ${admin}`,
    `    docker tag hello-world ${host}/team/hello:1`,
    `    docker push ${host}/team/hello:1`,
    '',
    `  Data lies in ${settings.NCR_DATA}. Ctrl-C stops everything.`,
    '',
  ].join('\n');
}

/** Where a made-up password is kept until it is changed. */
export const passwordFile = (data: string): string => join(data, 'keys', 'admin-password');

/** A made-up password is shown by the start that made it up, and never again. */
function passwordHint(data: string, isFirst: boolean): string {
  if (process.env.NCR_ADMIN_PASSWORD || process.env.NCR_ADMIN_PASSWORD_FILE) return 'as given in NCR_ADMIN_PASSWORD';
  const file = passwordFile(data);
  if (!existsSync(file)) return 'as you set it';
  return isFirst ? `${readFileSync(file, 'utf8').trim()}   (shown this once, kept in ${file})` : `kept in ${file}`;
}
