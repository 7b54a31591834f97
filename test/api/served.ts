import assert from 'node:assert/strict'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { closeServer } from '../../src/api/http/lifecycle.ts'
import { createServer, type HttpServer, type ServerOptions } from '../../src/api/http/server.ts'
import { surfaces } from '../../src/api/surfaces.ts'
import { createLogger } from '../../src/log.ts'
import { type Rig, type RigOptions, root, startRig } from '../support/engine-on-simulated.ts'
import { checkAnswers } from './contract.ts'

export interface Served extends Rig {
  server: HttpServer
  /** A token of each user of the tests. */
  tokens: Record<User, string>
  /** A request as that user; `null` sends no credential. */
  ask(as: User | null, request: InjectOptions): Promise<LightMyRequestResponse>
  /** Listens on loopback and returns the port. */
  listen(): Promise<number>
}

export type User = 'root' | 'ann' | 'bob'

/**
 * All surfaces over an engine on the simulated runtime and a store: who may do what is as in the real gateway. Every
 * answer is held against the OpenAPI document.
 */
export async function startServed(
  t: { after(work: () => Promise<void>): void },
  options: RigOptions & Pick<ServerOptions, 'certificate'> & { routes?: (server: HttpServer) => void } = {},
): Promise<Served> {
  const rig = await startRig(t, options)
  const server = createServer({
    engine: rig.engine,
    log: createLogger({ level: 'silent' }),
    ...(options.certificate ? { certificate: options.certificate } : {}),
  })
  const violations = checkAnswers(server)
  options.routes?.(server)
  const clock = options.clock ?? rig.clock
  await server.register(async (scope: HttpServer) => surfaces(scope, { engine: rig.engine, clock }))
  await server.ready()
  t.after(async () => {
    await closeServer(server, { graceMs: 1000 })
    assert.deepEqual(violations, [], 'every answer is as the OpenAPI document says')
  })
  const issue = async (user: User) => (await rig.engine.users.tokens.create(root, user, { name: 'test' })).token
  const tokens = { root: await issue('root'), ann: await issue('ann'), bob: await issue('bob') }
  return {
    ...rig,
    server,
    tokens,
    ask: async (as, { headers, ...request }) =>
      server.inject({
        ...request,
        headers: { ...(as === null ? {} : { authorization: `Bearer ${tokens[as]}` }), ...headers },
      }),
    async listen() {
      await server.listen({ host: '127.0.0.1', port: 0 })
      const address = server.server.address()
      assert.ok(typeof address === 'object' && address !== null)
      return address.port
    },
  }
}
