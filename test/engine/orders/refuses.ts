import assert from 'node:assert/strict'
import { type ErrorCode, GatewayError } from '../../../src/errors.ts'

/** Asserts that work is refused with that code, and returns the error. */
export async function refuses(code: ErrorCode, work: Promise<unknown>): Promise<GatewayError> {
  const error = await work.then(
    () => assert.fail(`expected ${code}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof GatewayError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}
