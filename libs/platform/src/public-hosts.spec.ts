import { IncomingMessage } from 'node:http';
import { originOf, PublicHosts } from './public-hosts';

const from = (...hosts: string[]) =>
  ({ headers: { host: hosts[0] }, rawHeaders: hosts.flatMap((host) => ['Host', host]) }) as unknown as IncomingMessage;

describe('public hosts', () => {
  const hosts = new PublicHosts(['https://registry.example.com', 'http://10.0.0.1:8080', 'http://[::1]:8080']);

  it.each([
    ['registry.example.com', 'https://registry.example.com'],
    ['Registry.Example.COM:443', 'https://registry.example.com'],
    ['10.0.0.1:8080', 'http://10.0.0.1:8080'],
    ['[::1]:8080', 'http://[::1]:8080'],
  ])('know %s as %s', (host, origin) => {
    const request = from(host);
    expect(hosts.admit(request)).toBe(origin);
    expect(originOf(request)).toBe(origin);
  });

  it.each([
    'registry.example.com:80',
    'registry.example.com.',
    '10.0.0.1',
    'evil',
    '',
    'registry.example.com@evil',
    '__proto__',
  ])('AC-69: do not know %s', (host) => expect(hosts.admit(from(host))).toBeUndefined());

  it('AC-69: do not admit a request with two hosts, or none', () => {
    expect(hosts.admit(from('registry.example.com', 'registry.example.com'))).toBeUndefined();
    expect(hosts.admit(from())).toBeUndefined();
  });

  it('are this machine at the real port when nothing is set', () => {
    const own = new PublicHosts(undefined);
    own.listensOn(8081);
    expect(own.origins).toEqual(['http://localhost:8081', 'http://127.0.0.1:8081', 'http://[::1]:8081']);
    own.listensOn(80);
    expect(own.admit(from('localhost'))).toBe('http://localhost');
  });

  it('OCI-2: tell the length of the longest host', () => expect(hosts.longest).toBe('registry.example.com'.length));
});
