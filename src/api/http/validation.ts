import type { TSchema } from '@sinclair/typebox'
import { Ajv, type Options } from 'ajv'
import ajvFormats from 'ajv-formats'
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import { GatewayError } from '../../errors.ts'
import { faultsOf } from './faults.ts'

/**
 * Sets up how requests are validated and answers serialised in this scope and those below. Call it after `addSchema`: a
 * scope with schemas of its own does not take these over from the one above.
 */
export function useSchemas(server: FastifyInstance): void {
  server.setValidatorCompiler(createValidatorCompiler(() => server.getSchemas()))
  server.setSerializerCompiler(() => JSON.stringify)
}

/**
 * Validates each part of a request by its schema. Bodies are taken as they are: nothing is coerced, removed or filled
 * in. Query strings and headers are texts, so they become the schema's numbers and booleans. A path parameter that does
 * not match names nothing: NotFound. `schemas` gives what a schema may refer to by `$id`. Schemas are compiled when first
 * needed, as compiling all of them takes longer than the rest of the start.
 */
function createValidatorCompiler(schemas: () => Record<string, unknown>): FastifySchemaCompiler<TSchema> {
  const exact = once(() => createAjv({ coerceTypes: false }, schemas()))
  const coercing = once(() => createAjv({ coerceTypes: true }, schemas()))
  return ({ schema, httpPart = 'body' }) => {
    const part = httpPart === 'querystring' ? 'query' : httpPart
    const validator = once(() => (part === 'body' ? exact() : coercing()).compile(schema))
    return (data: unknown) => {
      const validate = validator()
      return validate(data) || { error: refusal(part, validate.errors ?? []) }
    }
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function refusal(part: string, errors: Parameters<typeof faultsOf>[0]): GatewayError {
  if (part === 'params') return new GatewayError('NotFound', 'There is no resource of that name.')
  const faults = faultsOf(errors, part)
  const first = faults[0]
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  return new GatewayError('InvalidRequest', first ? `${first.where}: ${first.what}${more}` : 'It is not valid.', {
    faults,
  })
}

function createAjv(options: Options, schemas: Record<string, unknown>): Ajv {
  const ajv = new Ajv({
    ...options,
    allErrors: true,
    removeAdditional: false,
    useDefaults: false,
    verbose: true,
    strict: true,
    strictTypes: false,
  })
  ajvFormats.default(ajv)
  for (const schema of Object.values(schemas)) {
    if (typeof schema === 'object' && schema !== null) ajv.addSchema(schema)
  }
  return ajv
}
