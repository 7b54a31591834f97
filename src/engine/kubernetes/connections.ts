import type { Clock } from '../../clock.ts'
import { startDeadline, unlessAborted } from '../../deadline.ts'
import type { ClusterAccess } from '../../drivers/kubernetes/access.ts'
import type { KubernetesCredentials } from '../../drivers/kubernetes/transport.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Observed } from '../nodes/observed.ts'
import type { KubernetesWatches } from './watches.ts'

/** The way to clusters' API servers for whoever acts in them: one connection for each cluster, shared. */
export interface ClusterConnections {
  /**
   * Rejects with GatewayError `Unavailable`, which says why, when the cluster does not run, does not answer, or does not
   * let itself be reached within 5 s. The access is not the caller's to close.
   */
  access(clusterId: string): Promise<ClusterAccess>
  /** Where the API server is and the gateway's credential for it. Rejects as `access`, and for simulated clusters. */
  endpoint(clusterId: string): Promise<KubernetesCredentials>
  /** Closes all. */
  close(): void
}

export interface ConnectionsOptions {
  watches: Pick<KubernetesWatches, 'source'>
  observed: Pick<Observed, 'kubernetes'>
  /** A cluster that goes takes its connection with it. */
  clusters: Pick<Table<Cluster>, 'subscribe'>
  clock: Clock
}

/** For all of it. */
const openTimeoutMs = 5000
const pingTimeoutMs = 2500
/** For so long an API server that has answered is taken to be there. */
const freshMs = 2000

interface Connection {
  /** The source's id: another one is another API server. */
  sourceId: string
  access: Promise<ClusterAccess>
  /** When the API server last answered, milliseconds since the epoch. */
  answered: number
}

export function createClusterConnections(options: ConnectionsOptions): ClusterConnections {
  const { watches, observed, clusters, clock } = options
  const connections = new Map<string, Connection>()
  let closed = false
  const end = clusters.subscribe(({ type, object }) => {
    if (type === 'DELETED') letGo(object.id)
  })

  function letGo(clusterId: string): void {
    const connection = connections.get(clusterId)
    connections.delete(clusterId)
    connection?.access.then(
      access => access.close(),
      () => undefined,
    )
  }

  function connect(clusterId: string): Connection {
    const source = watches.source(clusterId)
    const known = connections.get(clusterId)
    if (known && known.sourceId === source?.id) return known
    letGo(clusterId)
    if (!source) throw unavailable(observed.kubernetes.get(clusterId)?.down ?? 'its control plane does not run')
    const access = source.open()
    const connection: Connection = { sourceId: source.id, access, answered: 0 }
    connections.set(clusterId, connection)
    access.catch(() => {
      if (connections.get(clusterId) === connection) connections.delete(clusterId)
    })
    return connection
  }

  async function access(clusterId: string): Promise<ClusterAccess> {
    if (closed) throw unavailable('the gateway stops')
    const { down = null, answers = false } = observed.kubernetes.get(clusterId) ?? {}
    if (down !== null && !answers) throw unavailable(down)
    const connection = connect(clusterId)
    const deadline = startDeadline({
      clock,
      timeoutMs: openTimeoutMs,
      expired: () => unavailable(`its API server cannot be reached within ${openTimeoutMs / 1000} s`),
    })
    try {
      const opened = await unlessAborted(connection.access, deadline.signal)
      if (clock.now() - connection.answered >= freshMs) {
        await opened.ping(pingTimeoutMs, deadline.signal)
        connection.answered = clock.now()
      }
      return opened
    } catch (error) {
      throw error instanceof GatewayError ? error : unavailable(messageOf(error), error)
    } finally {
      deadline.end()
    }
  }

  return {
    access,
    async endpoint(clusterId) {
      const { endpoint } = await access(clusterId)
      if (!endpoint) throw unavailable('it is simulated and has no API server')
      return endpoint
    },
    close() {
      closed = true
      end()
      for (const clusterId of [...connections.keys()]) letGo(clusterId)
    },
  }
}

function unavailable(reason: string, cause?: unknown): GatewayError {
  return new GatewayError('Unavailable', `the cluster cannot be used now: ${reason}`, { cause })
}
