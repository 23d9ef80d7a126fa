import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { originOf } from '@ncr/platform';
import { renderStart } from './start-document';

/** The page at `/`, for a person who has just been given this address, and what it looks like. */
@Injectable()
export class StartPage {
  private readonly style = readFileSync(join(__dirname, 'assets', 'start.css'));
  private readonly icon = readFileSync(join(__dirname, 'assets', 'icon.svg'));

  /** Whether it has answered. */
  answers(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const [type, body, caching] = this.content(request, path) ?? [];
    if (type === undefined || body === undefined) return false;
    response.writeHead(200, {
      'Content-Type': type,
      'Content-Length': body.length,
      'Cache-Control': caching,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }

  private content(
    request: IncomingMessage,
    path: string,
  ): readonly [type: string, body: Buffer, caching: string] | undefined {
    if (path === '/') return ['text/html; charset=utf-8', Buffer.from(renderStart(originOf(request))), 'no-store'];
    if (path === '/assets/start.css') return ['text/css; charset=utf-8', this.style, 'no-cache'];
    if (path === '/assets/icon.svg') return ['image/svg+xml', this.icon, 'no-cache'];
    return undefined;
  }
}
