import { serveRegistry } from '@ncr/distribution';
import { maximumNameLength } from '@ncr/oci';
import { DataPlane, defineService, PublicHosts, requestIdOf } from '@ncr/platform';
import { StorageDriver } from '@ncr/storage';
import { INestApplicationContext, Logger } from '@nestjs/common';
import { Authorization } from './authorization';
import { InitialSchema1700000000000 } from './migrations/initial-schema';
import { RegistrySettings } from './registry.config';
import { RegistryModule, Storage } from './registry.module';
import { RegistryEntity } from './store/registry.entity';

export { RegistrySettings };

/** The OCI data plane, and the truth about registries, repositories, manifests, tags, blobs and uploads. */
export const registry = defineService({
  name: 'registry',
  module: RegistryModule,
  entities: [RegistryEntity],
  migrations: [InitialSchema1700000000000],
  settings: RegistrySettings,
  dataPlane,
  ready: (app) => app.get<StorageDriver>(Storage).check(),
});

function dataPlane(app: INestApplicationContext): DataPlane {
  const authorization = app.get(Authorization);
  const settings = app.get<RegistrySettings>(RegistrySettings);
  const log = new Logger('registry');
  const handle = serveRegistry((request, route) => authorization.authorize(request, route), {
    manifestLimit: settings.NCR_MAX_MANIFEST_SIZE,
    nameLimit: maximumNameLength - app.get(PublicHosts).longest - 1,
    headersOf: (request) => ['X-Request-Id', requestIdOf(request)],
    onError: (error, request) => log.error({ error, method: request.method, path: request.url }, 'request failed'),
  });
  return { prefix: '/v2/', handle, checkContinue: handle };
}
