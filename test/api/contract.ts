import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import type { HttpServer } from '../../src/api/http/server.ts'

interface OpenApi {
  components: { schemas: Record<string, object>; responses: Record<string, Answer> }
  paths: Record<string, Record<string, { responses: Record<string, Answer> }>>
}

interface Answer {
  $ref?: string
  content?: Record<string, { schema: object }>
}

/**
 * Holds every answer of the server against its OpenAPI document: the status and the content type must be documented, and
 * JSON must be as its schema says. Returns what did not hold, as it grows.
 */
export function checkAnswers(server: HttpServer): string[] {
  const violations: string[] = []
  const contract = readContract()
  server.addHook('onSend', async (request, reply, payload) => {
    const type = String(reply.getHeader('content-type') ?? '')
    const body = Buffer.isBuffer(payload) || typeof payload === 'string' ? payload.toString() : undefined
    const fault = contract.faultOf({
      method: request.method,
      route: request.routeOptions.url,
      hidden: Object(request.routeOptions.schema).hide === true,
      status: reply.statusCode,
      type,
      body,
    })
    if (fault) violations.push(`${request.method} ${request.url}: ${fault}`)
    return payload
  })
  return violations
}

interface Sent {
  method: string
  route: string | undefined
  hidden: boolean
  status: number
  type: string
  body: string | undefined
}

interface Contract {
  faultOf(sent: Sent): string | undefined
}

/** Says what is wrong with a value that should fit a schema of the document; undefined when it fits. */
export function validatorOf(name: string): (value: unknown) => string | undefined {
  let check: ReturnType<typeof createCheck> | undefined
  return value => {
    check ??= createCheck(readDocument())
    return check({ $ref: `#/components/schemas/${name}` }, value)
  }
}

/** The committed document; openapi.test.ts sees to it that the server's is the same. */
function readDocument(): OpenApi {
  return JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'))
}

function createCheck(document: OpenApi): (schema: object, value: unknown) => string | undefined {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajvFormats.default(ajv)
  ajv.addSchema({ $id: 'openapi', components: document.components })
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>()
  return (schema, value) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/')
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text))
    compiled.set(text, validate)
    return validate(value) ? undefined : `${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`
  }
}

function readContract(): Contract {
  const document = readDocument()
  const check = createCheck(document)

  return {
    faultOf: ({ method, route, hidden, status, type, body }) => {
      if (hidden || status === 101) return undefined
      const path = route?.replaceAll(/:(\w+)/g, '{$1}') ?? ''
      const operation = document.paths[path]?.[method === 'HEAD' ? 'get' : method.toLowerCase()]
      const media = type.replace(/;.*/, '')
      if (!operation) return media === 'application/problem+json' ? check(problem, parse(body)) : undefined
      const answer = resolve(operation.responses[status])
      if (!answer) return `the status ${status} is not documented`
      if (body === undefined || body === '') return undefined
      const schema = answer.content?.[media]?.schema
      if (!schema) return `${media} is not documented for ${status}`
      return media.endsWith('json') ? check(schema, parse(body)) : undefined
    },
  }

  function resolve(answer: Answer | undefined): Answer | undefined {
    const name = answer?.$ref?.replace('#/components/responses/', '')
    return name === undefined ? answer : document.components.responses[name]
  }
}

const problem = { $ref: '#/components/schemas/Problem' }

function parse(body: string | undefined): unknown {
  return body === undefined ? undefined : JSON.parse(body)
}
