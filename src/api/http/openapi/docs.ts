import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openapiText } from './openapi.ts'

/** Everything comes from the gateway itself; Swagger UI needs no inline scripts and sets its styles through the DOM. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Swagger UI at /docs, the document at /openapi.json; / leads to the docs. For everybody, and without the internet. */
export async function docs(server: FastifyInstance): Promise<void> {
  let text: string | undefined
  server.get('/', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    reply.redirect('/docs', 302),
  )
  server.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) => {
    text ??= openapiText(server)
    return reply.type('application/json; charset=utf-8').send(text)
  })
  await server.register(async scope => {
    scope.addHook('onRoute', route => {
      route.config = { ...route.config, access: 'public' }
    })
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: contentSecurityPolicy,
      uiConfig: { deepLinking: true, displayOperationId: true, displayRequestDuration: true, tagsSorter: 'alpha' },
      theme: {
        title: 'kindgate',
        css: [{ filename: 'kindgate.css', content: '.swagger-ui .topbar { display: none }' }],
      },
    })
  })
}
