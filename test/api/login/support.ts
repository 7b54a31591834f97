import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { closeServer } from '../../../src/api/http/lifecycle.ts'
import { createServer, type HttpServer } from '../../../src/api/http/server.ts'
import { surfaces } from '../../../src/api/surfaces.ts'
import { createOidcProvider } from '../../../src/drivers/oidc/provider.ts'
import { hashOf, newToken } from '../../../src/engine/accounts/tokens.ts'
import { createLogger } from '../../../src/log.ts'
import { createFakeClock } from '../../support/clock.ts'
import { type RigOptions, startRig } from '../../support/engine-on-simulated.ts'
import { startProvider } from '../../support/oidc.ts'

export const publicUrl = 'https://kindgate.example.com'

export type Gateway = Awaited<ReturnType<typeof startGateway>>

/** The gateway's server over a real engine, with a real identity provider, and a clock that stands still. */
export async function startGateway(t: TestContext, settings: RigOptions['settings'] = {}) {
  const clock = createFakeClock()
  const provider = await startProvider(t, { redirectUri: `${publicUrl}/login/callback` })
  const rig = await startRig(t, {
    clock,
    settings: { publicUrl, logins: { allowed: ['example.com'], admins: ['root@example.com'] }, ...settings },
    identityProvider: createOidcProvider(provider),
  })
  const lines: string[] = []
  const server = createServer({
    engine: rig.engine,
    log: createLogger({ level: 'debug', stream: { write: line => void lines.push(line) } }),
    browsers: { secure: true, allowedOrigins: [publicUrl] },
    clock,
  })
  await server.register(async (scope: HttpServer) => surfaces(scope, { engine: rig.engine, clock }))
  await server.ready()
  t.after(() => closeServer(server, { graceMs: 1000 }))
  return { ...rig, clock, provider, server, logText: () => lines.join('') }
}

/** A browser at the gateway: it keeps cookies, and follows no redirects. */
export function openBrowser({ server, provider }: Pick<Gateway, 'server' | 'provider'>) {
  const jar = new Map<string, string>()
  const cookies: string[] = []

  async function ask({ headers, ...request }: InjectOptions): Promise<LightMyRequestResponse> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await server.inject({ ...request, headers: { ...(cookie ? { cookie } : {}), ...headers } })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      cookies.push(line)
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /Max-Age=0/.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }

  /** Goes to the identity provider as a person, and comes back to where it is sent. */
  async function visit(subject: string, returnTo?: string): Promise<string> {
    const begun = await ask({ url: '/login', query: returnTo === undefined ? {} : { returnTo } })
    assert.equal(begun.statusCode, 302, begun.body)
    const url = await provider.visit(String(begun.headers.location), subject)
    assert.equal(url.origin, publicUrl)
    return url.pathname + url.search
  }

  return {
    jar,
    /** Every Set-Cookie that it got. */
    cookies,
    ask,
    visit,
    logIn: async (subject: string, returnTo?: string) => ask({ url: await visit(subject, returnTo) }),
    /** Who the gateway takes it for. */
    status: async () => (await ask({ url: '/api/v1/version' })).statusCode,
  }
}

/** A token of a user, as the store has them. */
export async function tokenOf({ store, engine }: Pick<Gateway, 'store' | 'engine'>, user: string): Promise<string> {
  const token = newToken()
  await store.sql`
    insert into tokens (id, user_name, name, hash) values (${randomUUID()}, ${user}, ${randomUUID()}, ${hashOf(token)})`
  await engine.credentials.load()
  return token
}
