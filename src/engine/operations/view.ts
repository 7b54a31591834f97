import type { OperationRow } from '../clusters/rows.ts'
import type { Unversioned } from '../mirror/objects.ts'
import type { Operation } from './schema.ts'

export function viewOperation(row: OperationRow): Unversioned<Operation> {
  return {
    id: row.id,
    name: row.id,
    action: row.action,
    target: { kind: row.kind, name: row.name },
    cluster: row.clusterName,
    owner: row.owner,
    state: row.state,
    step: row.steps.filter(step => step.state !== 'pending').length,
    message: row.message,
    steps: row.steps,
    error: row.error,
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    simulated: row.runtime === 'simulated',
    metadata: { createdAt: row.createdAt.toISOString(), generation: row.generation },
  }
}

export function hasEnded(operation: { state: Operation['state'] }): boolean {
  return operation.state !== 'pending' && operation.state !== 'running'
}
