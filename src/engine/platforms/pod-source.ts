import type { Table } from '../mirror/mirror.ts'
import type { Pod } from '../pods/schema.ts'
import { labels } from './names.ts'
import type { PodListener, PodSource, SeenPod } from './placement.ts'

/** The mirror's pods that carry a platform's labels, by cluster and namespace. */
export function createPodSource(table: Table<Pod>): PodSource & { close(): void } {
  const placed = new Map<string, Map<string, SeenPod>>()
  const listeners = new Set<PodListener>()

  const end = table.subscribe(({ type, object, previous }) => {
    if (object.labels[labels.platform] === undefined) return
    const place = `${object.cluster}/${object.namespace}`
    const pods = placed.get(place) ?? new Map<string, SeenPod>()
    if (type === 'DELETED') pods.delete(object.id)
    else pods.set(object.id, { labels: object.labels, ready: isReady(object) })
    if (pods.size > 0) placed.set(place, pods)
    else placed.delete(place)
    const goes = type === 'DELETED' || (object.deletedAt !== null && previous?.deletedAt === null)
    for (const listener of listeners) listener(object.labels, { goes })
  })

  return {
    of: (cluster, namespace) => [...(placed.get(`${cluster}/${namespace}`)?.values() ?? [])],
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: end,
  }
}

/** All containers are, and it is not on its way out. */
function isReady({ phase, ready, deletedAt }: Readonly<Pod>): boolean {
  const [up, all] = ready.split('/')
  return phase === 'Running' && up === all && deletedAt === null
}
