import { createHash } from 'node:crypto'
import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import type { Store } from '../../store/postgres.ts'
import type { Principal } from '../accounts/principal.ts'
import type { CommandOptions } from '../command-options.ts'
import type { KeyedLocks } from '../locks.ts'
import type { Table } from '../mirror/mirror.ts'
import { endOperation, insertOperation, selectByIdempotencyKey } from '../operations/queries.ts'
import type { Operation, OperationAction } from '../operations/schema.ts'
import type { OperationState } from '../operations/state.ts'
import { lockDesired, updateCluster } from './queries.ts'
import type { Desired } from './rows.ts'
import type { ClusterState } from './state.ts'

export interface CommandDependencies {
  store: Store
  runtime: 'docker' | 'simulated'
  clusters: ClusterState
  operations: OperationState
  tables: { operations: Table<Operation> }
  ids: () => string
  /** One command on a cluster at a time, so that each is decided on what the one before it left. */
  locks: KeyedLocks
  /** Has the cluster reconciled; `restart` first ends what is being done to it. */
  wake(clusterId: string, how?: 'restart'): void
}

export interface Command {
  principal: Principal
  options: CommandOptions
  action: OperationAction
  target: { kind: 'cluster' | 'node'; name: string }
  cluster: { id: string; name: string }
  /** What was asked for, as far as it tells two commands with one idempotency key apart. */
  body: unknown
  message: string
  /** Writes what is wanted from now on. `desired` is undefined for a cluster that is new. */
  write(sql: TransactionSql, desired: Desired | undefined): Promise<void>
  /** The operation that does the same already, if one is under way: it is the answer then. */
  underWay?(): Readonly<Operation> | undefined
  restart?: boolean
  /** What is written is all there is to do: the operation has succeeded with it. Shows what was written. */
  done?(): Promise<void>
}

/**
 * Carries out a command: what is wanted and the operation that brings it about are written in one transaction, then
 * shown, then worked on. Answers with the operation, the same one when a command is repeated with its idempotency key.
 */
export function issue(command: Command, dependencies: CommandDependencies): Promise<Operation> {
  const { locks } = dependencies
  const { principal, options, cluster } = command
  const alone = () => locks.run(`cluster ${cluster.name}`, () => issueAlone(command, dependencies))
  return options.idempotencyKey === undefined
    ? alone()
    : locks.run(`key ${principal.name} ${options.idempotencyKey}`, alone)
}

async function issueAlone(command: Command, dependencies: CommandDependencies): Promise<Operation> {
  const { store, runtime, clusters, operations, tables, ids, wake } = dependencies
  const { principal, options, cluster } = command
  const going = command.underWay?.()
  if (going) return going
  const id = ids()
  const repeated = await store.transaction(async sql => {
    const earlier = await repeatedOperation(sql, command, runtime)
    if (earlier !== undefined) return earlier
    const desired = await lockDesired(sql, runtime, cluster.id)
    await command.write(sql, desired)
    const generation = desired ? desired.cluster.generation + 1 : 1
    if (desired) await updateCluster(sql, cluster.id, { generation })
    await insertOperation(sql, {
      id,
      runtime,
      action: command.action,
      kind: command.target.kind,
      name: command.target.name,
      clusterId: cluster.id,
      clusterName: cluster.name,
      owner: principal.name,
      generation,
      message: command.message,
      idempotencyKey: options.idempotencyKey ?? null,
      fingerprint: fingerprintOf(command, runtime),
    })
    if (command.done) await endOperation(sql, id)
    return undefined
  })
  try {
    await command.done?.()
    await Promise.all([clusters.refresh(cluster.id), operations.refresh(repeated ?? id)])
  } finally {
    if (repeated === undefined && !command.done) wake(cluster.id, command.restart ? 'restart' : undefined)
  }
  const operation = tables.operations.get(repeated ?? id)
  if (!operation) throw new GatewayError('Unavailable', 'the operation was forgotten meanwhile')
  return operation
}

/** The operation that a command with the same idempotency key began. Throws Unprocessable for a key that meant something else. */
async function repeatedOperation(sql: TransactionSql, command: Command, runtime: string): Promise<string | undefined> {
  const { principal, options } = command
  if (options.idempotencyKey === undefined) return undefined
  const earlier = await selectByIdempotencyKey(sql, principal.name, options.idempotencyKey)
  if (earlier && earlier.fingerprint !== fingerprintOf(command, runtime))
    throw new GatewayError('Unprocessable', 'this Idempotency-Key was used with another request', {
      faults: [{ where: '/headers/idempotency-key', what: 'must be new for a new request' }],
    })
  return earlier?.id
}

function fingerprintOf({ action, target, body }: Command, runtime: string): string {
  return createHash('sha256')
    .update(JSON.stringify([runtime, action, target, body]))
    .digest('hex')
}
