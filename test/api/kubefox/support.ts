import assert from 'node:assert/strict'
import type { LightMyRequestResponse } from 'fastify'
import { closeServer } from '../../../src/api/http/lifecycle.ts'
import { createServer, type HttpServer } from '../../../src/api/http/server.ts'
import { surfaces } from '../../../src/api/surfaces.ts'
import { systemClock } from '../../../src/clock.ts'
import type { Identity } from '../../../src/engine/accounts/identity.ts'
import type { Engine } from '../../../src/engine/api.ts'
import { createLogger } from '../../../src/log.ts'
import { ann, bob, type Rig, root, startRig } from '../../support/engine-on-simulated.ts'
import { checkAnswers } from '../contract.ts'

export const people = { ann, bob, root }
export type Person = keyof typeof people

export interface Answer {
  status: number
  msg: string
  data: unknown
  validationErrors: unknown
  headers: LightMyRequestResponse['headers']
}

/** A gateway's HTTP server over an engine on a real store. */
export interface KubeFoxRig extends Rig {
  server: HttpServer
  /** A request as `ann` unless told otherwise; an object is sent as JSON, a text as it is. Fails when the answer is no envelope. */
  ask(method: string, path: string, body?: unknown, options?: AskOptions): Promise<Answer>
  /** The same; fails unless it has this status. */
  want(status: number, method: string, path: string, body?: unknown, options?: AskOptions): Promise<Answer>
}

export interface AskOptions {
  as?: Person | null
  headers?: Record<string, string>
}

interface Test {
  after(work: () => Promise<void>): void
}

export const base = '/api/kubefox/v0'

export async function startKubeFox(
  t: Test,
  { check = true, ...options }: Parameters<typeof startRig>[1] & { check?: boolean } = {},
): Promise<KubeFoxRig> {
  const rig = await startRig(t, options)
  const server = createServer({ engine: known(rig.engine), log: createLogger({ level: 'silent' }) })
  const violations = check ? checkAnswers(server) : []
  await server.register(async (scope: HttpServer) => surfaces(scope, { engine: known(rig.engine), clock: systemClock }))
  await server.ready()
  t.after(async () => {
    await closeServer(server, { graceMs: 1000 })
    assert.deepEqual(violations, [], 'every answer is as the OpenAPI document says')
  })

  const ask: KubeFoxRig['ask'] = async (method, path, body, { as = 'ann', headers = {} } = {}) => {
    const type =
      body === undefined
        ? {}
        : { 'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json' }
    const answer = await server.inject({
      method: methodOf(method),
      url: `${base}/${path}`,
      headers: { ...(as === null ? {} : { authorization: `Bearer ${as}` }), ...type, ...headers },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return envelopeOf(answer)
  }

  return {
    ...rig,
    server,
    ask,
    async want(status, method, path, body, options) {
      const answer = await ask(method, path, body, options)
      assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer)}`)
      return answer
    },
  }
}

export function envelopeOf(answer: LightMyRequestResponse): Answer {
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8', answer.body)
  const body: {
    isError: boolean
    code: number
    traceId: string
    msg: string
    data?: unknown
    validationErrors?: unknown
  } = answer.json()
  assert.equal(body.code, answer.statusCode)
  assert.equal(body.isError, body.code >= 400)
  assert.equal(body.traceId, answer.headers['x-request-id'])
  assert.equal(typeof body.msg, 'string')
  return {
    status: body.code,
    msg: body.msg,
    data: body.data,
    validationErrors: body.validationErrors,
    headers: answer.headers,
  }
}

/** Tokens are names. */
function known(engine: Engine): Engine {
  return {
    ...engine,
    accounts: { ...engine.accounts, authenticate: identityOf },
  }
}

function identityOf(token: string): Identity | undefined {
  const found = Object.entries(people).find(([name]) => name === token)
  if (!found) return undefined
  const [id, principal] = found
  return { principal, credential: { kind: 'token', id }, ended: new AbortController().signal }
}

function methodOf(method: string): 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' {
  switch (method) {
    case 'GET':
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return method
    default:
      throw new Error(`no method ${method}`)
  }
}

/** A system body with components `{name: hash}`. */
export function systemBody(gitHash: string, components: Record<string, string> = { hello: gitHash.slice(0, 7) }) {
  return {
    gitRepo: 'https://github.com/acme/demo.git',
    gitHash,
    gitRef: 'branch/main',
    apps: {
      'hello-world': {
        gitHash: gitHash.slice(0, 7),
        components: Object.fromEntries(
          Object.entries(components).map(([name, hash]) => [
            name,
            { type: 'kubefox', gitHash: hash, image: `ghcr.io/acme/demo/${name}:${hash}` },
          ]),
        ),
      },
    },
  }
}

/** The member of an answer's data. */
export function member(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? Object.entries(data).find(([key]) => key === name)?.[1] : undefined
}

export function idOf(answer: Answer): string {
  const id = member(answer.data, 'id')
  assert.ok(typeof id === 'string', JSON.stringify(answer))
  return id
}
