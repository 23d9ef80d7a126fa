import { IncomingMessage, ServerResponse } from 'node:http';
import { RegistryError } from '@ncr/oci';
import { ArgumentsHost, Catch, ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { isDatabaseAway } from './data-pool';
import { notFound, Problem, unavailable } from './problem';
import { requestIdOf } from './request-id';

/** Sends a problem document; does nothing when the answer has begun. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(problem.toDocument(requestIdOf(request))));
  response.writeHead(problem.status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestIdOf(request),
    ...problem.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const codes: Readonly<Record<number, string>> = {
  400: 'bad-request',
  405: 'method-not-allowed',
  413: 'too-large',
  414: 'too-long',
  415: 'json-required',
};

/** What any error means for a client. Only a {@link Problem} says more than its status; the rest is for the log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RegistryError) {
    const code = error.code.toLowerCase().replaceAll('_', '-');
    return new Problem(error.status, code, error.message, { headers: error.headers, cause: error });
  }
  if (error instanceof HttpException) {
    const status = error.getStatus();
    if (status === 404) return notFound();
    if (status < 500) return new Problem(status, codes[status] ?? 'bad-request', error.message, { cause: error });
  }
  if (isDatabaseAway(error)) return unavailable('the database is busy or away', error);
  return new Problem(500, 'internal-error', 'something went wrong on our side', { cause: error });
}

/** Every error of every controller becomes RFC 9457. Status 500 is logged with its cause, under the request's id. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<{ raw: IncomingMessage }>().raw;
    const reply = host.switchToHttp().getResponse<{ raw: ServerResponse; hijack(): void }>();
    const problem = problemOf(error);
    const entry = { requestId: requestIdOf(request), error: problem.facts.cause ?? error };
    // 503 is the state of something else, which is logged where it is watched.
    if (problem.status === 503) this.logger.warn(entry);
    else if (problem.status >= 500) this.logger.error(entry);
    reply.hijack();
    sendProblem(request, reply.raw, problem);
  }
}
