import type { Clock } from '../../../clock.ts'
import type { LogSelection } from '../../kubernetes/access.ts'
import { KubernetesError } from '../../kubernetes/errors.ts'
import { isObject, listAt, textAt } from '../../kubernetes/objects.ts'
import type { ObjectStore, StoredObject } from './objects.ts'

const followMs = 1000
const lines = ['starting', 'listening on :8080', 'ready']

/** The invented log of a container; one that is followed says something every second until its pod goes. */
export async function containerLog(
  of: LogSelection,
  { objects, clock, signal }: { objects: ObjectStore; clock: Clock; signal: AbortSignal },
): Promise<AsyncIterable<Uint8Array>> {
  const find = () => objects.get({ apiVersion: 'v1', kind: 'Pod', namespace: of.namespace, name: of.pod })
  const pod = find()
  if (!pod) throw new KubernetesError({ status: 404, reason: 'NotFound', message: `pods "${of.pod}" not found` })
  const container = containerOf(pod, of.container)
  const stamp = (line: string) => (of.timestamps ? `${new Date(clock.now()).toISOString()} ${line}` : line)
  const all = lines.map(line => `${container}: ${line}`)
  const tail = of.tailLines === undefined ? all : all.slice(Math.max(0, all.length - of.tailLines))
  return (async function* () {
    for (const line of tail) yield Buffer.from(`${stamp(line)}\n`)
    for (let count = 1; of.follow === true; count++) {
      await clock.sleep(followMs, signal)
      if (find()?.metadata.uid !== pod.metadata.uid) return
      yield Buffer.from(`${stamp(`${container}: request ${count}`)}\n`)
    }
  })()
}

function containerOf(pod: StoredObject, wanted: string | undefined): string {
  const names = listAt(pod, 'spec', 'containers').map(each => textAt(each, 'name'))
  const name = wanted ?? names[0] ?? ''
  if (!names.includes(name)) throw refused(`container ${name} is not valid for pod ${pod.metadata.name}`)
  const status = listAt(pod, 'status', 'containerStatuses').find(each => textAt(each, 'name') === name)
  const waiting = isObject(status) ? textAt(status, 'state', 'waiting', 'reason') : 'PodInitializing'
  if (waiting !== '' && waiting !== 'CrashLoopBackOff')
    throw refused(`container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${waiting}`)
  return name
}

function refused(message: string): KubernetesError {
  return new KubernetesError({ status: 400, reason: 'BadRequest', message })
}
