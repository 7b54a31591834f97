import type { HttpServer } from '../../http/server.ts'
import { asyncapi3, yamlOf } from './document.ts'
import { asyncapiPage, pagePolicy } from './page.ts'

/** The AsyncAPI document at /asyncapi.yaml, and for people at /docs/async. For everybody, and without the internet. */
export function asyncapiRoutes(server: HttpServer): void {
  const open = { config: { access: 'public' }, schema: { hide: true } } as const
  let document: string | undefined
  let page: string | undefined

  server.get('/asyncapi.yaml', open, (_request, reply) => {
    document ??= yamlOf(asyncapi3())
    return reply.type('application/yaml; charset=utf-8').send(document)
  })
  server.get('/docs/async', open, (_request, reply) => {
    page ??= asyncapiPage()
    return reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').send(page)
  })
}
