import { ArgumentsHost, Catch, ExceptionFilter, Logger } from '@nestjs/common';
import { problemOf } from '@ncr/platform';
import type { FastifyReply } from 'fastify';

const registryCodes: Readonly<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  429: 'TOOMANYREQUESTS',
  503: 'UNAVAILABLE',
};

/** RFC 6749, 5.2. */
const oauthCodes: Readonly<Record<string, string>> = {
  'credentials-wrong': 'invalid_grant',
  'scope-invalid': 'invalid_scope',
  'grant-type-unsupported': 'unsupported_grant_type',
};

/** Errors of the token endpoint in the two forms that registry clients read: the distribution-spec's, and OAuth's. */
@Catch()
export class TokenFilter implements ExceptionFilter {
  private readonly logger = new Logger(TokenFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = problemOf(error);
    if (problem.status >= 500) this.logger.error(problem.facts.cause ?? error);
    const isOurs = problem.status >= 500;
    void host
      .switchToHttp()
      .getResponse<FastifyReply>()
      .status(problem.status)
      .headers({ 'cache-control': 'no-store', ...problem.headers })
      .send({
        errors: [
          { code: registryCodes[problem.status] ?? (isOurs ? 'UNKNOWN' : 'UNSUPPORTED'), message: problem.detail },
        ],
        error: oauthCodes[problem.code] ?? (isOurs ? 'server_error' : 'invalid_request'),
        error_description: problem.detail,
      });
  }
}
