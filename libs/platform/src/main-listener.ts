import { IncomingMessage, ServerResponse } from 'node:http';
import { Logger } from 'pino';
import { Handler } from './listener';
import { Metrics, Plane } from './metrics';
import { isPlainTarget } from './path';
import { Problem, ProblemFacts } from './problem';
import { sendProblem } from './problem-filter';
import { PublicHosts } from './public-hosts';
import { requestIdOf } from './request-id';
import { DataPlane, Front } from './service';

/** A small body that has not arrived after this many milliseconds will not be waited for. */
const bodyPatience = 60_000;
/** A client of which the kernel could not get rid of a single byte of an answer for so long is cut off. */
const answerPatience = 30_000;

export interface MainParts {
  readonly hosts: PublicHosts;
  readonly dataPlanes: readonly DataPlane[];
  readonly front?: Front;
  readonly nest: Handler;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/**
 * What every request from outside passes, in this order: an id, the host check, then the data plane for what lies under
 * its prefix, and the gateway and Nest for all else. Nothing of Nest runs on the data plane.
 */
export class MainListener {
  constructor(private readonly parts: MainParts) {}

  readonly handle: Handler = (request, response) => {
    const plane = this.admit(request, response);
    if (plane === 'refused') return;
    if (plane) plane.handle(request, response);
    else this.manage(request, response);
  };

  /** The client waits for leave to send its body: the data plane gives it once it knows that it wants the body. */
  readonly checkContinue: Handler = (request, response) => {
    const plane = this.admit(request, response);
    if (plane === 'refused') return;
    if (plane) {
      plane.checkContinue(request, response);
      return;
    }
    response.writeContinue();
    this.manage(request, response);
  };

  private admit(request: IncomingMessage, response: ServerResponse): DataPlane | 'refused' | undefined {
    const target = request.url ?? '';
    const plane = this.parts.dataPlanes.find(({ prefix }) => isUnder(target, prefix));
    observe(this.parts, plane ? 'data' : 'management', request, response);
    // The data plane writes its heads at once, the id among them: a header set before would make that slow.
    if (!plane) response.setHeader('X-Request-Id', requestIdOf(request));
    if (this.parts.hosts.admit(request) === undefined) {
      return refuse(request, response, [421, 'host-unknown', 'this host name is not one of this installation']);
    }
    if (!plane && !isPlainTarget(target)) {
      return refuse(request, response, [400, 'path-ambiguous', 'the path can be read in more than one way']);
    }
    return plane;
  }

  private manage(request: IncomingMessage, response: ServerResponse): void {
    limitBody(request, response);
    limitAnswer(response);
    if (this.parts.front) this.parts.front.handle(request, response, this.parts.nest);
    else this.parts.nest(request, response);
  }
}

function isUnder(target: string, prefix: string): boolean {
  const root = prefix.slice(0, -1);
  return target.startsWith(root) && (target.length === root.length || '/?'.includes(target[root.length]));
}

type Refusal = readonly [status: number, code: string, detail: string, facts?: ProblemFacts];

/** The body, if there is one, is not read: the connection ends with the answer. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): 'refused' {
  response.shouldKeepAlive = false;
  sendProblem(request, response, new Problem(...refusal));
  return 'refused';
}

function limitBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) return;
  const timer = setTimeout(
    () => refuse(request, response, [408, 'too-slow', 'the body did not arrive in time']),
    bodyPatience,
  );
  timer.unref();
  request.once('end', () => clearTimeout(timer));
  response.once('close', () => clearTimeout(timer));
}

function limitAnswer(response: ServerResponse): void {
  response.setTimeout(answerPatience, () => {
    if (response.headersSent) response.destroy();
    else response.socket?.setTimeout(answerPatience); // it is we who are slow
  });
}

/** Counts and logs the answer when it has ended. The query is left out of the log: it may hold a token. */
export function observe(
  { metrics, log }: Pick<MainParts, 'metrics' | 'log'>,
  plane: Plane,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const begin = performance.now();
  response.once('close', () => {
    const seconds = (performance.now() - begin) / 1000;
    const status = response.headersSent ? response.statusCode : 499;
    metrics.observeRequest(plane, request.method, status, seconds);
    const level = status >= 500 ? 'warn' : 'debug';
    if (!log.isLevelEnabled(level)) return;
    const path = request.url?.split('?', 1)[0];
    log[level]({ requestId: requestIdOf(request), plane, method: request.method, path, status, seconds }, 'request');
  });
}
