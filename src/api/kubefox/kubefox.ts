import type { Clock } from '../../clock.ts'
import type { Engine } from '../../engine/api.ts'
import { platformSchemas } from '../../engine/platforms/schema.ts'
import { namedSchemas } from '../../engine/refs/schema.ts'
import { answerUnknownRoutes } from '../http/not-found.ts'
import type { Described } from '../http/openapi/openapi.ts'
import type { HttpServer } from '../http/server.ts'
import { takeAnyBody } from './bodies.ts'
import { createDispatch } from './dispatch.ts'
import { envelopeSchema, validationErrorSchema } from './envelope.ts'
import { answerError, nothingHere } from './errors.ts'
import { prefix } from './path.ts'
import { describedRoutes } from './routes.ts'

export const kubefoxDescribed: Described = {
  schemas: [validationErrorSchema, envelopeSchema, ...namedSchemas, ...platformSchemas],
  examples: {},
  tags: [
    {
      name: 'kubefox',
      description:
        'The KubeFox Platform API v0: configs, environments, systems and platforms. Errors of every kind come in its envelope, and a token may come as the password of HTTP Basic.',
    },
  ],
}

const config = { access: 'user', bodyOptional: true } as const

/** The KubeFox surface: /api/kubefox/v0, for clients of KubeFox's own API server such as the fox CLI. */
export async function kubefox(server: HttpServer, { engine }: { engine: Engine; clock: Clock }): Promise<void> {
  server.errorShapes.set(`${prefix}/`, { answer: answerError, open: false })
  await server.register(
    async (api: HttpServer) => {
      api.setErrorHandler((error, request, reply) => answerError(error, request, reply))
      answerUnknownRoutes(api, async () => {
        throw nothingHere()
      })
      // Requests are decoded by the surface; schemas are for the document.
      api.setValidatorCompiler(() => () => true)
      takeAnyBody(api)
      const handler = createDispatch(engine)
      for (const { method, url, schema } of describedRoutes()) api.route({ method, url, schema, config, handler })
      // Aliases and other cases of the same paths.
      for (const method of ['GET', 'DELETE'] as const)
        api.route({ method, url: '/*', schema: { hide: true }, config, handler })
      for (const method of ['POST', 'PUT', 'PATCH'] as const)
        api.route({ method, url: '/*', schema: { hide: true, body: {} }, config, handler })
    },
    { prefix },
  )
}
