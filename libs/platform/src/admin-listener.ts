import { ServerResponse } from 'node:http';
import { Handler } from './listener';
import { Metrics } from './metrics';
import { Readiness } from './readiness';

/** Metrics and health in detail, for the operator: never on the main listener, no host check. */
export function adminHandler(metrics: Metrics, readiness: Readiness): Handler {
  const routes: Readonly<Record<string, (response: ServerResponse) => Promise<void>>> = {
    '/metrics': async (response) =>
      send(response, { status: 200, type: metrics.contentType, body: await metrics.metrics() }),
    '/healthz': async (response) => send(response, { status: 200, type: 'text/plain', body: 'ok\n' }),
    '/readyz': async (response) => {
      const failures = await readiness.failures();
      const body = failures.length === 0 ? 'ok\n' : `not ready: ${failures.join(', ')}\n`;
      send(response, { status: failures.length === 0 ? 200 : 503, type: 'text/plain', body });
    },
  };
  return (request, response) => {
    const route = routes[request.url ?? ''];
    if (!route) send(response, { status: 404, type: 'text/plain', body: 'not found\n' });
    else void route(response).catch(() => response.destroy());
  };
}

function send(response: ServerResponse, answer: { status: number; type: string; body: string }): void {
  response.writeHead(answer.status, { 'Content-Type': answer.type, 'Content-Length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}
