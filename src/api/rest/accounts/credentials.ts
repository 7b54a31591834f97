import { addressOf } from '../../http/address.ts'
import { principalOf } from '../../http/context.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import * as schemas from './credentials.schema.ts'

const config = { access: 'user' } as const

export function credentialRoutes(server: HttpServer, { engine }: RestContext): void {
  const { tokens, serviceAccounts } = engine.users

  server.get('/users/:name/tokens', { config, schema: schemas.tokenList }, async request => ({
    items: await tokens.list(principalOf(request), request.params.name),
  }))

  server.post('/users/:name/tokens', { config, schema: schemas.tokenCreate }, async (request, reply) => {
    const token = await tokens.create(principalOf(request), request.params.name, request.body)
    return reply.code(201).send(token)
  })

  server.delete('/users/:name/tokens/:credential', { config, schema: schemas.tokenRevoke }, async (request, reply) => {
    const { name, credential } = request.params
    await tokens.revoke(principalOf(request), name, credential)
    return reply.code(204).send()
  })

  server.get('/users/:name/service-accounts', { config, schema: schemas.serviceAccountList }, async request => ({
    items: await serviceAccounts.list(principalOf(request), request.params.name),
  }))

  server.post(
    '/users/:name/service-accounts',
    { config, schema: schemas.serviceAccountCreate },
    async (request, reply) => {
      const { params, body } = request
      const account = await serviceAccounts.create(principalOf(request), params.name, body, addressOf(request))
      return reply.code(201).send(account)
    },
  )

  server.delete(
    '/users/:name/service-accounts/:credential',
    { config, schema: schemas.serviceAccountRevoke },
    async (request, reply) => {
      const { name, credential } = request.params
      await serviceAccounts.revoke(principalOf(request), name, credential)
      return reply.code(204).send()
    },
  )
}
