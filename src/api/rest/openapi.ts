import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { completeDocument } from './document.ts'

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
)

const description = `kindgate turns Docker hosts into Kubernetes clusters whose nodes are containers.

Send \`Authorization: Bearer <token>\` with everything but the health checks, this document and the docs; \`GET /metrics\`
needs a token too. Errors are problem details (RFC 9457). What takes long answers 202 with an operation, to be waited for
with \`Prefer: wait=N\` or watched. Lists are paged by \`limit\` and \`continue\`, filtered by fields and \`labelSelector\`, and
watched by \`watch=true\`. Unknown query parameters and unknown keys in bodies are errors.`

/** The OpenAPI document of the routes that are registered after this, at /openapi.json. */
export async function openapi(server: FastifyInstance): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'kindgate', version, description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      servers: [{ url: '/', description: 'This gateway' }],
      tags: [
        { name: 'clusters', description: 'Kubernetes clusters' },
        { name: 'nodes', description: 'The containers that clusters are made of' },
        { name: 'networks', description: "The clusters' networks" },
        { name: 'images', description: 'Node images' },
        { name: 'operations', description: 'Long work, step by step' },
        { name: 'system', description: 'The gateway itself' },
      ],
      components: {
        securitySchemes: {
          bearerAuth: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token of the gateway, such as `data/admin.token`',
          },
        },
      },
    },
    convertConstToEnum: false,
    refResolver: { buildLocalReference: schema => String(schema.$id) },
    transformObject: documentObject =>
      'openapiObject' in documentObject ? completeDocument(documentObject.openapiObject, server.getSchemas()) : {},
  })
}

/** The document as it is committed. */
export function openapiText(server: FastifyInstance): string {
  return `${JSON.stringify(server.swagger(), null, 2)}\n`
}
