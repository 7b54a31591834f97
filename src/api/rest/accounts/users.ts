import type { User } from '../../../engine/users/schema.ts'
import { principalOf } from '../../http/context.ts'
import { allowOnly } from '../../http/not-found.ts'
import type { HttpServer } from '../../http/server.ts'
import { optionsOf } from '../commands.ts'
import type { RestContext } from '../context.ts'
import { entityTag } from '../headers.ts'
import { answerList, answerOne, fieldFilter } from '../reads.ts'
import * as schemas from './users.schema.ts'

const config = { access: 'user' } as const
const filters = ['admin', 'disabled'] as const

export function userRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const { users } = engine
  const table = engine.tables.users

  server.get('/users', { config, schema: schemas.userList }, (request, reply) => {
    const { query } = request
    return answerList({ table, watches, request, reply, query, filter: fieldFilter<User>(query, filters) })
  })

  server.post('/users', { config, schema: schemas.userCreate }, async (request, reply) => {
    const user = await users.create(principalOf(request), request.body)
    return reply
      .code(201)
      .header('location', `/api/v1/users/${encodeURIComponent(user.name)}`)
      .send(user)
  })

  server.get('/users/me', { config, schema: schemas.userMe }, (request, reply) => {
    const { query } = request
    return answerOne({ table, watches, request, reply, query, noun: 'user', key: principalOf(request).name })
  })

  // Nobody's name is `me`.
  allowOnly(server, '/users/me', ['GET', 'HEAD'])

  server.get('/users/:name', { config, schema: schemas.userGet }, (request, reply) => {
    const { query, params } = request
    return answerOne({ table, watches, request, reply, query, noun: 'user', key: params.name })
  })

  server.patch('/users/:name', { config, schema: schemas.userUpdate }, async (request, reply) => {
    const { params, headers, body } = request
    const user = await users.patch(principalOf(request), params.name, body, optionsOf(headers))
    return reply.header('etag', entityTag(user.metadata.resourceVersion)).send(user)
  })

  server.delete('/users/:name', { config, schema: schemas.userDelete }, async (request, reply) => {
    await users.remove(principalOf(request), request.params.name, optionsOf(request.headers))
    return reply.code(204).send()
  })
}
