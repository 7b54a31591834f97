import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { useSchemas } from '../validation.ts'
import { completeDocument } from './document.ts'

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
)

const description = `kindgate turns Docker hosts into Kubernetes clusters whose nodes are containers.

Send \`Authorization: Bearer <token>\` with everything but the health checks, this document and the docs; \`GET /metrics\`
needs a token too. Errors are problem details (RFC 9457). What takes long answers 202 with an operation, to be waited for
with \`Prefer: wait=N\` or watched. Lists are paged by \`limit\` and \`continue\`, filtered by fields and \`labelSelector\`, and
watched by \`watch=true\`. Unknown query parameters and unknown keys in bodies are errors.`

/** What a surface adds to the document beside its routes. */
export interface Described {
  /** Schemas that have a name of their own; `$id`s are unique over all surfaces. */
  schemas: TSchema[]
  /** Examples by the `$id` of the schema that they are of. */
  examples: Record<string, unknown>
  /** The tags of its operations. */
  tags: { name: string; description: string }[]
}

/** The OpenAPI document of the routes that are registered after this, at /openapi.json. */
export async function openapi(server: FastifyInstance, surfaces: Described[]): Promise<void> {
  const examples: Record<string, unknown> = Object.assign({}, ...surfaces.map(surface => surface.examples))
  for (const schema of surfaces.flatMap(surface => surface.schemas)) server.addSchema(schema)
  useSchemas(server)
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'kindgate', version, description, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      servers: [{ url: '/', description: 'This gateway' }],
      tags: surfaces.flatMap(surface => surface.tags),
      components: {
        securitySchemes: {
          bearerAuth: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token of the gateway, such as `data/admin.token`',
          },
          orderSecret: {
            type: 'apiKey',
            in: 'header',
            name: 'secret',
            description: 'The secret of a V-Kube order, as `POST /api/v1/orders` gave it',
          },
        },
      },
    },
    convertConstToEnum: false,
    refResolver: { buildLocalReference: schema => String(schema.$id) },
    transformObject: documentObject =>
      'openapiObject' in documentObject
        ? completeDocument(documentObject.openapiObject, server.getSchemas(), examples)
        : {},
  })
}

/** The document as it is committed. */
export function openapiText(server: FastifyInstance): string {
  return `${JSON.stringify(server.swagger(), null, 2)}\n`
}
