import { defineService } from '@ncr/platform';
import { FrontDoor } from './front-door';
import { GatewaySettings } from './gateway.config';
import { GatewayModule } from './gateway.module';

/** The front door: routes, limits, credentials, and the page that tells a person how to begin. */
export const gateway = defineService({
  name: 'gateway',
  module: GatewayModule,
  entities: [],
  migrations: [],
  settings: GatewaySettings,
  front: (app) => app.get(FrontDoor, { strict: false }),
});
