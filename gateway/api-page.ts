/** `/openapi.json` and `/docs`, both made from the schemas that the routes check by. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** The page brings all it shows: it works without the internet, and asks nobody but this server. */
const PAGE_POLICY = {
  'default-src': "'self'",
  'img-src': "'self' data:",
  'style-src': "'self' 'unsafe-inline'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
  'object-src': "'none'",
};

/** Before any route is added, so that it sees them all. */
export async function addApiPage(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Like gateway',
        version: '1',
        description:
          'Takes likes and tells counts. It does not ask who somebody is: what stands before it ' +
          'has to.',
      },
      tags: [
        { name: 'likes', description: 'Give likes' },
        { name: 'counts', description: 'Read what was counted' },
        { name: 'operation', description: 'For whoever runs it' },
      ],
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    uiConfig: { validatorUrl: null, docExpansion: 'list', tryItOutEnabled: true },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
