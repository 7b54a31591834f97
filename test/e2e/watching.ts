import { isDeepStrictEqual } from 'node:util'
import type { Pod } from '../../src/engine/pods/schema.ts'
import { podSchema } from '../../src/engine/pods/schema.ts'
import type { Gateway } from './gateway.ts'
import { checked } from './resources.ts'

type Type = 'ADDED' | 'MODIFIED' | 'DELETED'

/** A watch on pods that holds every event against those before. */
export interface PodWatch extends AsyncDisposable {
  /** The pods that there are by what was told. */
  now(): Pod[]
  count(type: Type): number
  /** Events that cannot be or that tell nothing new: `MODIFIED web tells nothing new`. */
  faults(): string[]
}

/** Watches over HTTP, as a user does; resolves once the state it starts with is there. */
export async function watchPods(gateway: Gateway, path: string): Promise<PodWatch> {
  const controller = new AbortController()
  const lines = await gateway.lines(path, controller.signal)
  const pods = new Map<string, Pod>()
  const deleted = new Set<string>()
  const counts = { ADDED: 0, MODIFIED: 0, DELETED: 0 }
  const faults: string[] = []
  const begun = Promise.withResolvers<void>()

  function take(line: string): void {
    const { type, object }: { type: string; object: unknown } = JSON.parse(line)
    if (type === 'BOOKMARK') begun.resolve()
    if (type === 'BOOKMARK') return
    if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') throw new Error(line)
    const pod = checked(podSchema, object)
    const before = pods.get(pod.id)
    const fault = (what: string) => faults.push(`${type} ${pod.name} ${what}`)
    counts[type] += 1
    if (type === 'ADDED' && (before || deleted.has(pod.id))) fault('comes again')
    if (type !== 'ADDED' && !before) fault('was not there')
    if (type === 'MODIFIED' && before && isDeepStrictEqual(bare(before), bare(pod))) fault('tells nothing new')
    if (type === 'DELETED') deleted.add(pod.id)
    if (type === 'DELETED') pods.delete(pod.id)
    else pods.set(pod.id, pod)
  }

  const reading = (async () => {
    for await (const line of lines) take(line)
    throw new Error('the watch has ended')
  })().catch(error => {
    if (!controller.signal.aborted) faults.push(String(error))
    begun.resolve()
  })
  await begun.promise
  return {
    now: () => [...pods.values()],
    count: type => counts[type],
    faults: () => faults,
    async [Symbol.asyncDispose]() {
      controller.abort()
      await reading
    },
  }
}

function bare({ metadata: _, ...pod }: Pod): Omit<Pod, 'metadata'> {
  return pod
}
