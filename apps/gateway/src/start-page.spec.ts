import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestService } from '@ncr/platform/testing';
import { renderStart } from './start-document';
import { send, startGateway } from './testing';

describe('the start page', () => {
  it('shows every command with the address the client used, and nothing to fill in but a name', () => {
    const page = renderStart('https://registry.example.com');
    expect(page).toContain('docker login registry.example.com -u');
    expect(page).toContain('curl -sS -X POST -u you@example.com https://registry.example.com/api/v1/access-keys');
    expect(page).toContain('oci://registry.example.com/team/charts');
    expect(page).toContain('oras push registry.example.com/team/files:1.0');
    expect(page).not.toContain('--plain-http');
    expect(page).not.toMatch(/[{]\w+[}]|localhost/);
  });

  it('tells helm and oras where an address has no TLS, and docker where it insists on one', () => {
    expect(renderStart('http://localhost:8080')).toContain('oras push --plain-http localhost:8080');
    expect(renderStart('http://localhost:8080')).not.toContain('insecure-registries');
    expect(renderStart('http://[::1]:8080')).not.toContain('insecure-registries');
    expect(renderStart('http://registry.lan')).toContain(
      '&quot;insecure-registries&quot;: [&quot;registry.lan&quot;]'.replaceAll('&quot;', '"'),
    );
  });

  it('needs nothing from elsewhere, and no script or style of its own (AC-66)', () => {
    const page = renderStart('http://localhost:8080');
    expect(page).not.toMatch(/<script|<style|style=|onclick|javascript:/i);
    for (const [, address] of page.matchAll(/(?:href|src)="([^"]*)"/g)) expect(address).toMatch(/^\/[^/]/);
    expect(readFileSync(join(__dirname, 'assets/start.css'), 'utf8')).not.toMatch(/url\(|@import/);
  });

  describe('over HTTP', () => {
    let running: TestService;

    beforeAll(async () => {
      running = await startGateway();
    }, 60_000);
    afterAll(() => running.close());

    it.each([
      ['/', 'text/html; charset=utf-8'],
      ['/assets/start.css', 'text/css; charset=utf-8'],
      ['/assets/icon.svg', 'image/svg+xml'],
    ])('%s is served, with a policy that allows no script', async (path, type) => {
      const answer = await send(running.port, ['GET', path]);
      expect([answer.status, answer.headers['content-type']]).toEqual([200, type]);
      expect(answer.headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'self'; img-src 'self';/,
      );
      expect(answer.headers['content-security-policy']).not.toContain('unsafe');
      expect((await send(running.port, ['HEAD', path])).text).toBe('');
    });
  });
});
