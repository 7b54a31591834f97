import type { ClusterAccess } from '../../drivers/kubernetes/access.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import type { KubernetesWatches } from '../kubernetes/watches.ts'
import type { ClusterWay } from './access.ts'

/** The ways into the clusters that are being watched, each opened once and kept until the cluster moves or `close`. */
export function createClusterWay(watches: Pick<KubernetesWatches, 'source'>): ClusterWay & { close(): Promise<void> } {
  const open = new Map<string, { sourceId: string; access: Promise<ClusterAccess> }>()

  async function end(clusterId: string): Promise<void> {
    const held = open.get(clusterId)
    open.delete(clusterId)
    const access = await held?.access.catch(() => undefined)
    access?.close()
  }

  return {
    async access(clusterId) {
      const source = watches.source(clusterId)
      const held = open.get(clusterId)
      if (held && held.sourceId !== source?.id) await end(clusterId)
      if (!source) throw new GatewayError('Unavailable', 'the cluster does not run')
      const access = open.get(clusterId)?.access ?? source.open()
      open.set(clusterId, { sourceId: source.id, access })
      try {
        return await access
      } catch (error) {
        open.delete(clusterId)
        throw new GatewayError('Unavailable', `the cluster cannot be reached: ${messageOf(error)}`, { cause: error })
      }
    },
    async close() {
      await Promise.all([...open.keys()].map(end))
    },
  }
}
