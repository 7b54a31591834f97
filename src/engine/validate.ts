import type { TSchema } from '@sinclair/typebox'
import type { TypeCheck } from '@sinclair/typebox/compiler'
import { GatewayError } from '../errors.ts'

/** Throws InvalidRequest for what is not as its schema says, wherever it comes from: not every surface has checked it. */
export function requireValid(check: TypeCheck<TSchema>, body: unknown): void {
  const first = check.Errors(body).First()
  if (!first) return
  const { description } = first.schema
  const what = typeof description === 'string' ? `must be: ${description}` : first.message
  throw new GatewayError('InvalidRequest', `/body${first.path}: ${what}`, {
    faults: [{ where: `/body${first.path}`, what }],
  })
}
