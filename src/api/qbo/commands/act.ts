import type { Operation } from '../../../engine/operations/schema.ts'
import { hasEnded } from '../../../engine/operations/view.ts'
import { GatewayError } from '../../../errors.ts'
import { throwFailures } from './failures.ts'
import { clusterTargets, nodeTargets, type Target } from './resolve.ts'
import type { Task } from './task.ts'

/** Longest that one wait for an operation takes, in milliseconds; then it waits again. */
const longestWaitMs = 3600_000

/** Makes clusters; ends when all are ready. */
export function addClusters(task: Task): Promise<void> {
  const { engine, principal, command } = task
  const { image, nodes, domain } = command.values
  const body = {
    ...(image === undefined ? {} : { image }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(domain === undefined ? {} : { domain }),
  }
  return act(
    task,
    [...new Set(command.names)].map(name => ({ name })),
    name => engine.clusters.create(principal, { name, ...body }),
  )
}

export function addNodes(task: Task): Promise<void> {
  const { engine, principal, command } = task
  const { nodes: count = 1 } = command.values
  return act(task, clusterTargets(task), name => engine.nodes.add(principal, name, { count }))
}

/** Starts, stops or deletes clusters. */
export function changeClusters(task: Task, verb: 'start' | 'stop' | 'remove'): Promise<void> {
  return act(task, clusterTargets(task), name => task.engine.clusters[verb](task.principal, name))
}

/** Starts, stops or deletes nodes. */
export function changeNodes(task: Task, verb: 'start' | 'stop' | 'remove'): Promise<void> {
  return act(task, nodeTargets(task), name => task.engine.nodes[verb](task.principal, name))
}

/**
 * Gives a command for each target and waits for the ends of their operations. Meanwhile the mirror sees how far they are
 * and how the nodes change. All are tried; what failed is told together.
 */
async function act(task: Task, targets: Target[], command: (name: string) => Promise<Operation>): Promise<void> {
  const named = targets.flatMap(target => ('name' in target ? target.name : []))
  const over = new AbortController()
  const signal = AbortSignal.any([task.signal, over.signal])
  showNodes(task, named, signal)
  try {
    const results = await Promise.allSettled([
      ...targets.flatMap(target => ('error' in target ? Promise.reject(target.error) : [])),
      ...named.map(async name => follow(task, await command(name))),
    ])
    throwFailures(results.flatMap(result => (result.status === 'rejected' ? [result.reason] : [])))
  } finally {
    over.abort()
  }
}

function showNodes(task: Task, words: string[], signal: AbortSignal): void {
  const source = task.sources.node
  if (!source || words.length === 0) return
  const selection = { words }
  const { resourceVersion } = source.list(task.principal, selection)
  source.watch({
    viewer: task.principal,
    selection,
    resourceVersion,
    signal,
    onChange: change => task.tell(task.voice.pass(change)),
    onLost: task.lost,
  })
}

/** Resolves when the operation has succeeded. Errors: Conflict (cancelled), Internal (failed). */
async function follow(task: Task, { id }: Operation): Promise<void> {
  const { engine, principal, signal } = task
  let last = ''
  const say = ({ message, step, steps }: Readonly<Operation>) => {
    if (message === '' || message === last) return
    last = message
    task.tell(task.voice.say('output', JSON.stringify({ message, step, steps: steps.length })))
  }
  const unsubscribe = engine.tables.operations.subscribe(({ type, object }) => {
    if (object.id === id && type !== 'DELETED' && !hasEnded(object)) say(object)
  })
  try {
    let operation = await engine.operations.wait(principal, id, 0, signal)
    if (!hasEnded(operation)) say(operation)
    while (!hasEnded(operation) && !signal.aborted) {
      operation = await engine.operations.wait(principal, id, longestWaitMs, signal)
    }
    requireSuccess(operation)
  } finally {
    unsubscribe()
  }
}

function requireSuccess({ state, error, target, message }: Operation): void {
  if (state === 'succeeded' || state === 'pending' || state === 'running') return
  const step = error?.step ? `${error.step}: ` : ''
  const words = `${target.name}: ${step}${error?.message ?? message}`
  throw new GatewayError(state === 'cancelled' ? 'Conflict' : 'Internal', words)
}
