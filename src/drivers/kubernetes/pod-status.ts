import { at, isObject, type JsonObject, listAt, numberAt, textAt } from './objects.ts'

export interface PodStatus {
  /** The column STATUS. */
  status: string
  /** The column READY: `ready`/`total`. */
  ready: number
  total: number
  /** The column RESTARTS. */
  restarts: number
}

/** What a container says of its part. */
interface Found {
  reason?: string
  ready?: boolean
}

/**
 * A pod's status, readiness and restarts as `kubectl get pods` shows them.
 *
 * After printPod in kubernetes/pkg/printers/internalversion/printers.go.
 */
export function podStatus(pod: JsonObject): PodStatus {
  const sidecars = new Set(
    listAt(pod, 'spec', 'initContainers')
      .filter(container => textAt(container, 'restartPolicy') === 'Always')
      .map(container => textAt(container, 'name')),
  )
  const init = initStatus(pod, sidecars)
  const main = init.initializing && !hasCondition(pod, 'Initialized') ? undefined : mainStatus(pod)
  const reason = main?.reason ?? init.reason ?? plainReason(pod)
  return {
    status: finalStatus(pod, main?.hasRunning === true && reason === 'Completed' ? stillRunning(pod) : reason),
    ready: init.ready + (main?.ready ?? 0),
    total: listAt(pod, 'spec', 'containers').length + sidecars.size,
    restarts: main ? init.sidecarRestarts + main.restarts : init.restarts,
  }
}

function plainReason(pod: JsonObject): string {
  const gated = listAt(pod, 'status', 'conditions').some(
    condition => textAt(condition, 'type') === 'PodScheduled' && textAt(condition, 'reason') === 'SchedulingGated',
  )
  return gated ? 'SchedulingGated' : textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase')
}

/** Init containers run one after the other: the first that has not done its part speaks for all. */
function initStatus(pod: JsonObject, sidecars: Set<string>) {
  const all = listAt(pod, 'status', 'initContainerStatuses')
  const count = listAt(pod, 'spec', 'initContainers').length
  let [ready, restarts, sidecarRestarts] = [0, 0, 0]
  for (const [index, container] of all.entries()) {
    const sidecar = sidecars.has(textAt(container, 'name'))
    restarts += numberAt(container, 'restartCount')
    if (sidecar) sidecarRestarts += numberAt(container, 'restartCount')
    const found = initContainerStatus(container, sidecar, `Init:${index}/${count}`)
    if (found.ready === true) ready += 1
    if (found.reason !== undefined)
      return { reason: found.reason, initializing: true, ready, restarts, sidecarRestarts }
  }
  return { reason: undefined, initializing: false, ready, restarts, sidecarRestarts }
}

function initContainerStatus(container: unknown, sidecar: boolean, progress: string): Found {
  const terminated = at(container, 'state', 'terminated')
  if (isObject(terminated) && numberAt(terminated, 'exitCode') === 0) return {}
  if (sidecar && at(container, 'started') === true) return { ready: at(container, 'ready') === true }
  if (isObject(terminated)) return { reason: `Init:${endOf(terminated)}` }
  const waiting = textAt(container, 'state', 'waiting', 'reason')
  return { reason: waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : progress }
}

/** The first container that has something to say goes before those after it. */
function mainStatus(pod: JsonObject) {
  let reason: string | undefined
  let [ready, restarts] = [0, 0]
  let hasRunning = false
  for (const container of listAt(pod, 'status', 'containerStatuses').toReversed()) {
    restarts += numberAt(container, 'restartCount')
    const waiting = textAt(container, 'state', 'waiting', 'reason')
    const terminated = at(container, 'state', 'terminated')
    if (waiting !== '') reason = waiting
    else if (isObject(terminated)) reason = endOf(terminated)
    else if (at(container, 'ready') === true && isObject(at(container, 'state', 'running'))) {
      hasRunning = true
      ready += 1
    }
  }
  return { reason, ready, restarts, hasRunning }
}

function endOf(terminated: JsonObject): string {
  const reason = textAt(terminated, 'reason')
  if (reason !== '') return reason
  const signal = numberAt(terminated, 'signal')
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode')}` : `Signal:${signal}`
}

function stillRunning(pod: JsonObject): string {
  return hasCondition(pod, 'Ready') ? 'Running' : 'NotReady'
}

function finalStatus(pod: JsonObject, reason: string): string {
  if (textAt(pod, 'metadata', 'deletionTimestamp') === '') return reason
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown'
  const phase = textAt(pod, 'status', 'phase')
  return phase === 'Succeeded' || phase === 'Failed' ? reason : 'Terminating'
}

function hasCondition(pod: JsonObject, type: string): boolean {
  return listAt(pod, 'status', 'conditions').some(
    condition => textAt(condition, 'type') === type && textAt(condition, 'status') === 'True',
  )
}
