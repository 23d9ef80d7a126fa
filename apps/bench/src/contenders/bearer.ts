import { repositories } from '../repositories';
import type { Credentials } from './contender';

/**
 * The token dance of every client: challenge, token endpoint, bearer token for all repositories of the comparison. Takes the
 * address of the registry and a Basic authorization; a token is fetched anew when half of its life is over.
 */
export async function bearerTokens(url: string, basic: string): Promise<Credentials> {
  const challenge = (await fetch(`${url}/v2/`)).headers.get('www-authenticate') ?? '';
  const parameter = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const asked = new URL(parameter('realm'));
  asked.searchParams.set('service', parameter('service'));
  for (const repository of Object.values(repositories)) {
    asked.searchParams.append('scope', `repository:${repository}:pull,push,delete`);
  }
  let held = { token: '', renewAt: 0 };
  return async () => {
    if (Date.now() >= held.renewAt) {
      const response = await fetch(asked, { headers: { authorization: basic } });
      if (!response.ok)
        throw new Error(`the token endpoint answered with ${response.status}: ${await response.text()}`);
      const { token, expires_in: life = 60 } = (await response.json()) as { token: string; expires_in?: number };
      held = { token, renewAt: Date.now() + life * 500 };
    }
    return `Bearer ${held.token}`;
  };
}
