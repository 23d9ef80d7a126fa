import { IncomingMessage } from 'node:http';
import { Action, scopeOf } from '@ncr/contracts';
import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import { Access, accessKey, formKey } from './access';
import { Caller, DecidedRequest } from './caller';
import { CallerGuard } from './caller.guard';
import { isInternal } from './internal-requests';
import { forbidden, notFound, Problem, registryUnknown } from './problem';
import { RegistryIds } from './registry-ids';
import { ServiceGuard } from './service.guard';

interface GuardedRequest extends DecidedRequest {
  readonly raw: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
}

const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The one place of the management API that lets a request in (SR-6). Global, and deny by default: a route without an
 * access decorator answers nobody. It decides on the matched route and its parameters, never on the URL's text (AC-01).
 */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly modules: ModuleRef,
    private readonly callers: CallerGuard,
    private readonly services: ServiceGuard,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Messages do not come from outside; only HTTP does.
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const access = this.reflector.get<Access | undefined>(accessKey, context.getHandler());
    if (!access || (access.kind === 'internal') !== isInternal(request.raw)) throw notFound();
    if (access.kind === 'internal') await this.services.canActivate(context);
    requireJson(request.raw, Boolean(this.reflector.get(formKey, context.getHandler())));
    if (access.kind === 'requires') {
      await this.callers.canActivate(context);
      await this.admit(request, access.action);
    }
    return true;
  }

  private async admit(request: GuardedRequest, action: Action): Promise<void> {
    const { caller = Caller.anonymous, params } = request;
    const { registry } = params;
    if (registry === undefined || scopeOf(action) !== 'registry') {
      if (!caller.canSomewhere(action)) throw forbidden();
      return;
    }
    const id = await this.registryId(registry);
    if (id === undefined || !caller.can('registry.view', id)) throw registryUnknown();
    if (!caller.can(action, id)) throw forbidden();
    request.registryId = id;
  }

  /** A name needs a service in this process that knows registries; an id needs nobody. */
  private async registryId(text: string): Promise<string | undefined> {
    if (idPattern.test(text)) return text;
    return this.modules.get(RegistryIds, { strict: false }).idOf(text);
  }
}

/** A change with a body is JSON, said exactly: no form of another site can send that (AC-67). */
function requireJson(request: IncomingMessage, formToo: boolean): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (!hasBody || type === 'application/json' || (formToo && type === 'application/x-www-form-urlencoded')) return;
  throw new Problem(415, 'json-required', 'the body must be application/json');
}
