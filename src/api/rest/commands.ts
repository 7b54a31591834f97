import type { FastifyReply } from 'fastify'
import type { Principal } from '../../engine/accounts/principal.ts'
import type { Engine } from '../../engine/api.ts'
import type { CommandOptions } from '../../engine/command-options.ts'
import type { Operation } from '../../engine/operations/schema.ts'
import { hasEnded } from '../../engine/operations/view.ts'
import { principalOf } from '../http/context.ts'
import { signalOf } from '../http/lifecycle.ts'
import { ifMatchVersion, preferredWait } from './headers.ts'
import type { CommandHeaders } from './parameters.ts'

export interface CommandRequest {
  engine: Engine
  request: { principal: Principal | null; headers: CommandHeaders }
  reply: FastifyReply
}

/** Gives a command to the engine and answers with its operation; waits for its end where the caller prefers that. */
export async function answerCommand(
  { engine, request, reply }: CommandRequest,
  command: (principal: Principal, options: CommandOptions) => Promise<Operation>,
): Promise<Operation> {
  const principal = principalOf(request)
  const operation = await command(principal, optionsOf(request.headers))
  reply.header('location', `/api/v1/operations/${operation.id}`)
  const seconds = preferredWait(request.headers.prefer)
  if (seconds === undefined) return send(reply, operation, 202)
  reply.header('preference-applied', `wait=${seconds}`)
  const latest = await engine.operations.wait(principal, operation.id, seconds * 1000, signalOf(reply))
  return send(reply, latest, hasEnded(latest) ? 200 : 202)
}

function send(reply: FastifyReply, operation: Operation, status: 200 | 202): Operation {
  reply.code(status)
  return operation
}

export function optionsOf(headers: CommandHeaders): CommandOptions {
  const idempotencyKey = headers['idempotency-key']
  const ifMatch = ifMatchVersion(headers['if-match'])
  return { ...(idempotencyKey === undefined ? {} : { idempotencyKey }), ...(ifMatch === undefined ? {} : { ifMatch }) }
}
