import { RuntimeError } from '../drivers/runtime.ts'
import { GatewayError } from '../errors.ts'

/** A runtime's failure as callers see it. */
export function runtimeError(error: unknown): unknown {
  if (!(error instanceof RuntimeError)) return error
  switch (error.code) {
    case 'RuntimeUnavailable':
      return new GatewayError('Unavailable', error.message, { cause: error })
    case 'NodeMissing':
    case 'NodeNotRunning':
    case 'BootstrapFailed':
      return new GatewayError('Conflict', error.message, { cause: error })
    default:
      return new GatewayError('Unprocessable', error.message, { cause: error })
  }
}
