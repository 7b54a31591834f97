import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Store } from './postgres.ts'
import { storeUnavailable, unavailable } from './unavailable.ts'

/** What the triggers of `migrations/` send on the channel `kindgate`. */
const notificationSchema = Type.Object(
  {
    table: Type.Union(
      (
        [
          'users',
          'tokens',
          'service_accounts',
          'sessions',
          'clusters',
          'nodes',
          'operations',
          'address_pools',
          'orders',
          'kubefox_resources',
          'kubefox_refs',
          'kubefox_platforms',
          'kubefox_deployments',
          'kubefox_releases',
        ] as const
      ).map(name => Type.Literal(name)),
    ),
    id: Type.String({ minLength: 1 }),
    cluster_id: Type.Optional(Type.String()),
    op: Type.Union((['insert', 'update', 'delete'] as const).map(op => Type.Literal(op))),
  },
  { additionalProperties: false },
)
const notification = TypeCompiler.Compile(notificationSchema)

/** A row that was committed. */
export interface Change extends Pick<Static<typeof notificationSchema>, 'table' | 'op'> {
  /** The row's id; a user's name. */
  id: string
  /** The cluster of a node. */
  clusterId?: string
}

export interface ChangeListener {
  log: Log
  /** Called for each committed change, in the order of the commits. */
  onChange(change: Change): void
  /** Called once listening has begun, and again whenever changes may have been missed. Read everything anew. */
  onResync(): void
}

/**
 * Reports what anyone changes in the database, on a connection of its own that is made again after a loss. Rejects with
 * GatewayError `Unavailable` when the database cannot be reached at the start. What a callback throws is logged.
 */
export async function listenForChanges(
  store: Store,
  { log, onChange, onResync }: ChangeListener,
): Promise<{ close(): Promise<void> }> {
  let open = true
  const call = (work: () => void) => {
    if (!open) return
    try {
      work()
    } catch (error) {
      log.error({ err: error }, 'a listener for changes failed')
    }
  }
  const receive = (payload: string) => {
    const change = parse(payload)
    if (change) return call(() => onChange(change))
    log.warn({ payload: payload.slice(0, 200) }, 'a notification that is not one of ours')
    call(onResync)
  }
  const { unlisten } = await store.sql
    .listen('kindgate', receive, () => call(onResync))
    .catch(error => {
      // postgres.js goes on trying, for nobody.
      open = false
      throw storeUnavailable(error) ? unavailable(error) : error
    })
  return {
    async close() {
      if (!open) return
      open = false
      await unlisten().catch(error => log.debug({ reason: messageOf(error) }, 'could not stop listening'))
    },
  }
}

function parse(payload: string): Change | undefined {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return undefined
  }
  if (!notification.Check(value)) return undefined
  const { table, id, op, cluster_id } = value
  return cluster_id === undefined ? { table, id, op } : { table, id, op, clusterId: cluster_id }
}
