import { TestService } from '../testing';

/** Sends requests to a running shop; changes come from an administrator. */
export class ShopClient {
  constructor(private readonly shop: () => TestService) {}

  readonly get = (path: string, token?: string): Promise<Response> =>
    fetch(`${this.shop().url}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });

  readonly post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${this.shop().url}${path}`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${this.shop().authority.as({ service: 'project-admin', registries: {} })}`,
        ...headers,
      },
    });
}
