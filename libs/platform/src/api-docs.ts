import { INestApplication } from '@nestjs/common';
import { DocumentBuilder, OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The management API of this process as an OpenAPI 3.1 document. */
function describeApi(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('ncr management API')
    .setDescription('Errors are RFC 9457 problem documents with a stable `code`.')
    .setVersion('1')
    .addCookieAuth('ncr_session', { type: 'apiKey' }, 'session')
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'Access key and its secret' }, 'accessKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'token')
    .build();
  return SwaggerModule.createDocument(app, settings);
}

/** Serves it at `/api/docs` for people, and at `/api/docs.json` for programs. */
export function serveApiDocs(app: INestApplication): void {
  SwaggerModule.setup('api/docs', app, describeApi(app), {
    jsonDocumentUrl: 'api/docs.json',
    yamlDocumentUrl: 'api/docs.yaml',
  });
}
