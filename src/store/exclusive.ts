import type { Sql } from 'postgres'
import { type Clock, systemClock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { StoreError } from './error.ts'
import { locks } from './locks.ts'
import type { Store } from './postgres.ts'
import { codeOf, storeUnavailable } from './unavailable.ts'

export interface ExclusiveOptions {
  /** Gives up waiting for the lock, and the lock. */
  signal: AbortSignal
  log: Log
  clock?: Clock
  /** Called once, when the connection was lost and another gateway has the database since. */
  onLost(): void
}

/** A session of the database as `pg_stat_activity` has it. */
interface Session {
  pid: number
  started: string
  address: string | null
}

const [space, key] = locks.gateway
const patience = 10_000
const pause = 250

/**
 * Makes this the one gateway that uses the database, by an advisory lock that ends with its connection. Tries for up to
 * 10 seconds, then rejects with StoreError; rejects with the signal's reason when that aborts first. After a loss of the
 * connection the lock is taken again.
 *
 * The connection is a client of its own: what postgres.js 3.4.9 reserves from its pool can be lost for good when the
 * server ends the connection (porsager/postgres#1195).
 */
export async function holdExclusively(
  store: Store,
  { signal, log, onLost, clock = systemClock }: ExclusiveOptions,
): Promise<{ release(): Promise<void> }> {
  const end = new AbortController()
  const ended = AbortSignal.any([signal, end.signal])
  let closed = Promise.withResolvers<void>()
  const client = store.dedicated({ onClose: () => closed.resolve() })
  let session: Session | undefined

  /** Resolves with undefined once the lock is held, or with who holds it. */
  const take = async (): Promise<Session | undefined> => {
    closed = Promise.withResolvers()
    const [row] = await client<[{ held: boolean }]>`select pg_try_advisory_lock(${space}, ${key}) as held`
    if (!row?.held) return holderOf(client)
    session = await currentSession(client)
    return undefined
  }

  const takeAgain = async (): Promise<void> => {
    for (;;) {
      try {
        const holder = await take()
        if (holder === undefined) return log.info('holds the database again')
        if (holder.pid !== session?.pid || holder.started !== session.started) {
          end.abort()
          return onLost()
        }
        // Our own lost connection, which the server has not noticed yet.
        await client`select pg_terminate_backend(${holder.pid})`
      } catch (error) {
        if (codeOf(error) === 'CONNECTION_ENDED') return end.abort()
        if (!storeUnavailable(error)) log.error({ err: error }, 'cannot hold the database')
      }
      await clock.sleep(pause, ended)
    }
  }

  const aborted = new Promise<void>(resolve => ended.addEventListener('abort', () => resolve(), { once: true }))
  const watch = async () => {
    while (!ended.aborted) {
      await Promise.race([closed.promise, aborted])
      if (ended.aborted) return
      log.warn('lost the connection that holds the database')
      await takeAgain().catch(error => {
        if (!ended.aborted) throw error
      })
    }
  }

  const letGo = async () => {
    await Promise.race([client`select pg_advisory_unlock_all()`, clock.sleep(1000)]).catch(error =>
      log.debug({ reason: messageOf(error) }, 'could not unlock'),
    )
    await client.end({ timeout: 1 })
  }

  try {
    ended.throwIfAborted()
    const deadline = clock.now() + patience
    for (let holder = await take(); holder !== undefined; holder = await take()) {
      if (clock.now() >= deadline) throw new StoreError(`another gateway uses this database (${describe(holder)})`)
      await clock.sleep(pause, ended)
    }
  } catch (error) {
    await client.end({ timeout: 1 })
    throw error
  }
  const watching = watch().finally(letGo)
  return {
    async release() {
      end.abort()
      await watching
    },
  }
}

async function holderOf(client: Sql): Promise<Session | undefined> {
  const [holder] = await client<Session[]>`
    select pid, backend_start::text as started, host(client_addr) as address
    from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted and objsubid = 2 and classid = ${space} and objid = ${key}
      and pg_locks.database = (select oid from pg_database where datname = current_database())`
  // It may have gone since; then the next try succeeds.
  return holder ?? { pid: 0, started: '', address: null }
}

async function currentSession(client: Sql): Promise<Session | undefined> {
  const [session] = await client<Session[]>`
    select pid, backend_start::text as started, host(client_addr) as address
    from pg_stat_activity where pid = pg_backend_pid()`
  return session
}

function describe({ address, started }: Session): string {
  return `connected from ${address ?? 'somewhere'} since ${started}`
}
