import { IncomingMessage, ServerResponse } from 'node:http';
import { Registry, RegistryError, Unknown, maximumNameLength } from '@ncr/oci';
import { parseRoute, Route } from '../route';
import { formatWarnings } from '../warning';
import { Answer, errorAnswer } from './answer';
import { endpointOf } from './endpoints';
import { Pace, usualPace } from './pace';
import { ClientGone, Exchange, reply } from './reply';
import { RequestBody } from './request-body';

/** What a caller is given. */
export interface Access {
  /** The registry as this caller may use it. */
  readonly registry: Registry;
  /** Texts for the person at the client (`Warning` headers); cut off at 4096 bytes. */
  readonly warnings?: readonly string[];
}

/**
 * Decides who calls and what they may use, on the same route that the endpoint gets. Throws a `RegistryError`:
 * `Unauthorized` with the challenge in its headers, `Denied`, `TooManyRequests`, `Unavailable`.
 */
export type Authorize = (request: IncomingMessage, route: Route) => Access | Promise<Access>;

export interface ServeOptions {
  /** The largest manifest that is taken, in bytes; 4 MiB, the least that the specification allows. */
  readonly manifestLimit?: number;
  /** The longest repository name, in characters; 255, of which an installation subtracts its longest host name. */
  readonly nameLimit?: number;
  /** The slowest a client may send or read. */
  readonly pace?: Pace;
  /** Headers that go with every answer, names and values in turn. */
  readonly headersOf?: (request: IncomingMessage) => readonly string[];
  /** Told of everything that an operator should see: errors that are no refusals, and those whose level is `warn` or `error`. */
  readonly onError?: (error: unknown, request: IncomingMessage) => void;
}

/**
 * The server end of the distribution-spec: gives a listener for the `request` event of a `node:http` server, and for its
 * `checkContinue` event, too (without that, Node invites every body before anybody has asked who sends it). It takes every
 * path; the server hands it those under `/v2/`. The server must have no limit on the duration of a request
 * (`requestTimeout: 0`): bodies are watched here.
 */
export function serveRegistry(
  authorize: Authorize,
  options: ServeOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const { manifestLimit = 4 * 1024 * 1024, nameLimit = maximumNameLength, pace = usualPace } = options;
  const onError = options.onError ?? (() => undefined);

  async function answerTo({ request, body }: Exchange): Promise<Answer> {
    const route = parseRoute(request.method ?? '', request.url ?? '', nameLimit);
    const asked = authorize(request, route);
    const { registry, warnings = [] } = asked instanceof Promise ? await asked : asked;
    const endpoint = endpointOf(route);
    const answer = await endpoint({ route, headers: request.headers, body, registry, manifestLimit });
    if (warnings.length === 0) return answer;
    return {
      ...answer,
      headers: [...answer.headers, ...formatWarnings(warnings).flatMap((text) => ['Warning', text])],
    };
  }

  function refusal(error: unknown, request: IncomingMessage): Answer {
    const refused = error instanceof RegistryError ? error : new Unknown('internal error');
    if (refused.logLevel === 'warn' || refused.logLevel === 'error') onError(error, request);
    return errorAnswer(refused);
  }

  async function serve(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const answer = await answerTo(exchange).catch((error: unknown) => refusal(error, request));
    const extra = options.headersOf?.(request);
    try {
      await reply(exchange, extra ? { ...answer, headers: [...answer.headers, ...extra] } : answer);
    } catch (error) {
      if (!(error instanceof ClientGone)) onError(error, request);
      response.destroy();
    }
  }

  return (request, response) => {
    void serve({ request, response, pace, body: new RequestBody(request, response, pace) });
  };
}
