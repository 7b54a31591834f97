import type { Clock } from '../../clock.ts'
import { unlessAborted } from '../../deadline.ts'
import type { ClusterAccess } from '../../drivers/kubernetes/access.ts'
import { GatewayError, messageOf } from '../../errors.ts'

/** Where a cluster's API server is to be reached at present. */
export interface ConnectionSource {
  /** Another one is another way: connections of the one before are closed. */
  key: string
  open(): Promise<ClusterAccess>
}

/** The source of a cluster, why it has none at present, or undefined for a cluster it does not know. */
export type FindSource = (clusterId: string) => ConnectionSource | { down: string } | undefined

export interface ClusterConnections {
  /**
   * The way to a cluster's API server, which answered within the last two seconds. It is shared: whoever gets it does
   * not close it. Rejects within 5 s with GatewayError `Unavailable` and the reason when the cluster is stopped or its
   * API server does not answer.
   */
  access(clusterId: string): Promise<ClusterAccess>
  /** Asks here too for clusters that the sources before do not know. */
  provide(find: FindSource): void
  /** Closes what leads to clusters that have gone, have stopped or are reached in another way now. */
  tidy(): void
  close(): void
}

interface Connection {
  key: string
  opening: Promise<ClusterAccess>
  /** When the API server last answered a ping, milliseconds since the epoch. */
  answered: number
  pinging: Promise<void> | undefined
}

/** Opening and asking together take less than the 5 s that callers are promised. */
const openTimeoutMs = 2_000
const pingTimeoutMs = 2_500
const freshMs = 2_000

export function createClusterConnections({ clock, find }: { clock: Clock; find: FindSource }): ClusterConnections {
  const connections = new Map<string, Connection>()
  const sources = [find]
  const closing = new AbortController()

  function sourceOf(clusterId: string): ConnectionSource | { down: string } {
    for (const each of sources) {
      const found = each(clusterId)
      if (found) return found
    }
    return { down: 'the cluster is gone' }
  }

  function forget(clusterId: string, connection: Connection): void {
    if (connections.get(clusterId) === connection) connections.delete(clusterId)
    connection.opening.then(
      access => access.close(),
      () => undefined,
    )
  }

  function connect(clusterId: string, source: ConnectionSource): Connection {
    const known = connections.get(clusterId)
    if (known?.key === source.key) return known
    if (known) forget(clusterId, known)
    const made: Connection = { key: source.key, opening: source.open(), answered: 0, pinging: undefined }
    connections.set(clusterId, made)
    made.opening.catch(() => forget(clusterId, made))
    return made
  }

  async function answering(connection: Connection, access: ClusterAccess): Promise<void> {
    if (clock.now() - connection.answered < freshMs) return
    connection.pinging ??= access.ping(pingTimeoutMs, closing.signal).finally(() => {
      connection.pinging = undefined
    })
    await connection.pinging
    connection.answered = clock.now()
  }

  async function opened(connection: Connection): Promise<ClusterAccess> {
    const late = new AbortController()
    const timer = new AbortController()
    clock.sleep(openTimeoutMs, timer.signal).then(
      () => late.abort(new Error(`no way to it within ${openTimeoutMs / 1000} s`)),
      () => undefined,
    )
    try {
      return await unlessAborted(connection.opening, AbortSignal.any([late.signal, closing.signal]))
    } finally {
      timer.abort()
    }
  }

  return {
    async access(clusterId) {
      const source = sourceOf(clusterId)
      if ('down' in source) throw unavailable(source.down)
      if (closing.signal.aborted) throw unavailable('the gateway stops')
      const connection = connect(clusterId, source)
      try {
        const access = await opened(connection)
        await answering(connection, access)
        return access
      } catch (error) {
        throw unavailable(messageOf(error), error)
      }
    },
    provide: more => void sources.push(more),
    tidy() {
      for (const [clusterId, connection] of connections) {
        const source = sourceOf(clusterId)
        if ('down' in source || source.key !== connection.key) forget(clusterId, connection)
      }
    },
    close() {
      closing.abort(new Error('the gateway stops'))
      for (const [clusterId, connection] of connections) forget(clusterId, connection)
    },
  }
}

function unavailable(reason: string, cause?: unknown): GatewayError {
  return new GatewayError('Unavailable', `The cluster's API server cannot be reached: ${reason}.`, { cause })
}
