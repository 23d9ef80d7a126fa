import { Action } from '@ncr/contracts';
import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiExtension, ApiSecurity } from '@nestjs/swagger';

/** Who may call a route: its one decorator says it. */
export type Access =
  { readonly kind: 'requires'; readonly action: Action } | { readonly kind: 'public' } | { readonly kind: 'internal' };

/** Under what the guard finds a route's {@link Access}. */
export const accessKey = 'ncr:access';
/** Set on routes that take an HTML form's body instead of JSON. */
export const formKey = 'ncr:form';

/**
 * Callers who hold the right. A right on a registry is asked for the one in the path (`:registry`, name or id), which must
 * exist and be visible to them; without `:registry` in the path, for any registry: the handler then filters.
 */
export const Requires = (action: Action): MethodDecorator =>
  applyDecorators(
    SetMetadata(accessKey, { kind: 'requires', action } satisfies Access),
    ApiSecurity('session'),
    ApiSecurity('accessKey'),
    ApiSecurity('token'),
    ApiExtension('x-action', action),
  );

/** Everybody. */
export const Public = (): MethodDecorator =>
  applyDecorators(SetMetadata(accessKey, { kind: 'public' } satisfies Access));

/** Other services of the installation, through the internal listener; for everybody else the route does not exist. */
export const Internal = (): MethodDecorator =>
  applyDecorators(SetMetadata(accessKey, { kind: 'internal' } satisfies Access), ApiExcludeEndpoint());

/** The route takes `application/x-www-form-urlencoded`, as OAuth prescribes, besides JSON. */
export const AcceptsForm = (): MethodDecorator => applyDecorators(SetMetadata(formKey, true));
