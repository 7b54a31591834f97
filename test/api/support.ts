import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { closeServer } from '../../src/api/http/lifecycle.ts'
import { createServer, type HttpServer, type ServerOptions } from '../../src/api/http/server.ts'
import { surfaces } from '../../src/api/surfaces.ts'
import type { VkubeSettings } from '../../src/api/vkube/context.ts'
import { createLogger } from '../../src/log.ts'
import { createFakeEngine, type FakeEngine, tokens } from '../support/engine.ts'
import { checkAnswers } from './contract.ts'

export interface LogLine {
  level: number
  msg: string
  [member: string]: unknown
}

export interface Harness {
  server: HttpServer
  engine: FakeEngine
  /** What has been logged. */
  log(): LogLine[]
  /** The log as it was written. */
  logText(): string
  /** A request as `root`, unless it has headers of its own; `as: null` sends no credential. */
  ask(options: InjectOptions & { as?: keyof typeof tokens | null }): Promise<LightMyRequestResponse>
  /** Listens on loopback and returns the port. */
  listen(): Promise<number>
}

/** pino's number of the level `error`. */
const errorLevel = 50

/**
 * The gateway's HTTP server with the REST surface over a fake engine. Every answer is held against the OpenAPI document;
 * a log line at error level fails the test unless it expects some.
 */
export async function setUp(
  t: TestContext,
  options: {
    engine?: Parameters<typeof createFakeEngine>[0]
    surfaces?: { deflate?: boolean }
    server?: Omit<ServerOptions, 'engine' | 'log'>
    expectErrors?: boolean
    vkube?: VkubeSettings
    /** Adds routes beside REST's. */
    routes?: (server: HttpServer) => void
  } = {},
): Promise<Harness> {
  const engine = createFakeEngine(options.engine)
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  const log: LogLine[] = []
  const read = () => {
    for (const line of lines.slice(log.length)) log.push(JSON.parse(line))
    return log
  }
  const server = createServer({
    engine,
    log: createLogger({ level: 'debug', stream }),
    credentialFailures: Number.POSITIVE_INFINITY,
    ...options.server,
  })
  const violations = checkAnswers(server)
  options.routes?.(server)
  await server.register(async (scope: HttpServer) =>
    surfaces(scope, { engine, clock: engine.clock, ...options.surfaces, vkube: options.vkube }),
  )
  await server.ready()
  t.after(async () => {
    await closeServer(server, { graceMs: 1000 })
    assert.deepEqual(violations, [], 'every answer is as the OpenAPI document says')
    if (!options.expectErrors)
      assert.deepEqual(
        read().filter(line => line.level >= errorLevel),
        [],
      )
  })
  return {
    server,
    engine,
    log: read,
    logText: () => lines.join(''),
    ask: async ({ as = 'root', headers, ...request }) =>
      server.inject({
        ...request,
        headers: { ...(as === null ? {} : { authorization: `Bearer ${tokens[as]}` }), ...headers },
      }),
    listen: async () => {
      await server.listen({ host: '127.0.0.1', port: 0 })
      const address: AddressInfo | string | null = server.server.address()
      assert.ok(typeof address === 'object' && address !== null)
      return address.port
    },
  }
}

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  instance: string
  requestId: string
  errors: { where: string; what: string }[]
  [member: string]: unknown
}

/** Asserts that an answer is a problem document of that code, and returns it. */
export function problemOf(answer: LightMyRequestResponse, status: number, code: string): Problem {
  assert.equal(answer.statusCode, status, answer.body)
  assert.equal(answer.headers['content-type'], 'application/problem+json')
  const problem: Problem = answer.json()
  assert.equal(problem.code, code)
  assert.equal(problem.status, status)
  assert.equal(problem.requestId, answer.headers['x-request-id'])
  return problem
}

/** Lets sockets go on until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setImmediate(resolve))
}
