import { type Static, Type } from '@sinclair/typebox'
import type { Engine } from '../../engine/api.ts'
import { stateSeconds } from '../../engine/logins/logins.ts'
import { closed } from '../../engine/schema.ts'
import { GatewayError } from '../../errors.ts'
import { identityOf } from '../http/context.ts'
import type { HttpServer } from '../http/server.ts'
import { refuseFailing } from '../http/throttle.ts'

const loginQuery = closed({
  returnTo: Type.Optional(
    Type.String({ description: 'Where to go after it: a path of this gateway; /docs by default' }),
  ),
})

/**
 * Login with a browser: `GET /login` leads to the identity provider, which leads back to `GET /login/callback`, which
 * gives the browser a session. `POST /logout` ends it.
 */
export async function login(server: HttpServer, { engine }: { engine: Engine }): Promise<void> {
  const { cookies, throttle } = server.gate
  const everybody = { access: 'public' } as const

  server.get<{ Querystring: Static<typeof loginQuery> }>(
    '/login',
    { config: everybody, schema: { hide: true, querystring: loginQuery } },
    async (request, reply) => {
      const { location, state } = await engine.logins.begin(request.query.returnTo)
      cookies.give(reply, 'login', state, stateSeconds)
      return reply.redirect(location, 302)
    },
  )

  // Without HEAD, as the provider's answer is good once.
  server.get(
    '/login/callback',
    { config: everybody, schema: { hide: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const state = cookies.read(request.headers, 'login')
      refuseFailing(throttle, state ?? '', request, reply)
      cookies.take(reply, 'login')
      const audited = (actor: string | null, result: 'OK' | GatewayError['code']) =>
        engine.audit.record({
          actor,
          action: 'login',
          resource: '/login/callback',
          surface: 'login',
          result,
          from: request.ip,
          requestId: request.id,
        })
      try {
        const { user, session, seconds, returnTo } = await engine.logins.finish(request.raw.url ?? '/', state)
        audited(user, 'OK')
        cookies.give(reply, 'session', session, seconds)
        return reply.redirect(returnTo, 302)
      } catch (error) {
        if (error instanceof GatewayError) {
          if (error.code === 'Unauthorized') throttle.failed(request.ip)
          audited(null, error.code)
        }
        throw error
      }
    },
  )

  server.post('/logout', { config: { access: 'user' }, schema: { hide: true } }, async (request, reply) => {
    await engine.logins.end(identityOf(request))
    cookies.take(reply, 'session')
    return reply.code(204).send()
  })
}
