import postgres, { type Sql, type TransactionSql } from 'postgres'
import { type Clock, systemClock } from '../clock.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { arrays } from './arrays.ts'
import { StoreError } from './error.ts'
import { isRetryable, storeUnavailable, unavailable } from './unavailable.ts'

export interface Store {
  /**
   * For single statements; transactions go through `transaction`, which outlives a lost connection as `sql.begin` does
   * not. Columns come as in the schema: timestamptz as Date, bigint as number, jsonb parsed.
   */
  readonly sql: Sql
  /**
   * Runs `work` in a transaction (read committed unless it sets another) and resolves with its result once that is
   * committed. `work` is run again, up to five times in all, after a serialization failure or a deadlock, so it must
   * do nothing but queries. Rejects with GatewayError `Unavailable` when the connection is lost; whether it was
   * committed is then not known.
   */
  transaction<T>(work: (sql: TransactionSql) => Promise<T>): Promise<T>
  /** Resolves when the database answers; rejects with GatewayError `Unavailable` when it does not within 5 seconds. */
  ping(): Promise<void>
  /**
   * A client of one connection, for what lives as long as a session does. It connects at the first query, stays
   * connected, and connects again at the next query after a loss; `onClose` is called whenever the connection ends.
   */
  dedicated(options: { onClose(): void }): Sql
  /** Waits up to 2 seconds for queries that run, then ends every connection. */
  close(): Promise<void>
}

export interface StoreOptions {
  url: string
  log: Log
  clock?: Clock
  /** How long to wait for a database that does not answer yet, in milliseconds. */
  patience?: number
}

const oldestServer = 14
const attempts = 5

/**
 * Connects to a Postgres. Rejects with StoreError when it does not answer in time, refuses the credentials or is older
 * than version 14.
 */
export async function openStore({ url, log, clock = systemClock, patience = 10_000 }: StoreOptions): Promise<Store> {
  // Counts connections that ended. None is ended on purpose while the store is open (no idle or lifetime limit).
  let losses = 0
  const sql = connect(url, log, { max: 10, onclose: () => losses++ })
  const clients = new Set<Sql>([sql])

  /**
   * postgres.js 3.4.9 sends a statement, its own rollback included, to the socket of a transaction whose connection is
   * gone: that throws where nobody can catch it (porsager/postgres#1155). So no statement is let through then.
   */
  const transact = async <T>(work: (sql: TransactionSql) => Promise<T>): Promise<T> => {
    const before = losses
    let lost = false
    const closesAreSeen = async () => {
      // An error of a socket comes up to two turns of the event loop before its close.
      await turn()
      await turn()
      if (lost) await new Promise<never>(() => {})
    }
    const outcome = Promise.withResolvers<T>()
    const committed = sql.begin(async transaction => {
      try {
        const result = await work(guard(transaction, () => !lost && losses === before))
        outcome.resolve(result)
      } catch (error) {
        await closesAreSeen()
        throw error
      }
      if (losses !== before) await closesAreSeen()
    })
    await committed.catch(error => {
      lost = true
      throw error
    })
    return outcome.promise
  }

  const store: Store = {
    sql,
    async transaction(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transact(work)
        } catch (error) {
          if (storeUnavailable(error)) throw unavailable(error)
          if (!isRetryable(error) || attempt === attempts) throw error
          await clock.sleep(2 ** attempt * 5 * (0.5 + Math.random()))
        }
      }
    },
    async ping() {
      const limit = new AbortController()
      const tooLate = clock.sleep(5000, limit.signal).then(() => {
        throw new GatewayError('Unavailable', 'The database does not answer')
      })
      try {
        await Promise.race([sql`select 1`, tooLate])
      } catch (error) {
        throw storeUnavailable(error) ? unavailable(error) : error
      } finally {
        tooLate.catch(() => {})
        limit.abort()
      }
    },
    dedicated({ onClose }) {
      const client = connect(url, log, { max: 1, onclose: onClose })
      clients.add(client)
      return client
    },
    async close() {
      await Promise.all([...clients].map(client => client.end({ timeout: 2 })))
    },
  }

  try {
    await untilAnswers(sql, { url, log, clock, patience })
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

function connect(url: string, log: Log, options: { max: number; onclose: () => void }): Sql {
  try {
    return postgres(url, {
      ...options,
      connect_timeout: 10,
      idle_timeout: undefined,
      max_lifetime: null,
      backoff: failures => Math.min(0.05 * 2 ** failures, 1),
      fetch_types: false,
      types: { bigint, ...arrays },
      onnotice: notice => log.debug({ notice: notice.message }, 'notice of the database'),
      connection: {
        application_name: 'kindgate',
        statement_timeout: 30_000,
        idle_in_transaction_session_timeout: 60_000,
        // The server lets go of a gateway whose host is gone, and of the locks it holds, within a minute.
        tcp_keepalives_idle: 30,
        tcp_keepalives_interval: 10,
        tcp_keepalives_count: 3,
      },
    })
  } catch (error) {
    throw new StoreError(`DATABASE_URL is not a valid address of a Postgres: ${messageOf(error)}`)
  }
}

const bigint = {
  to: 20,
  from: [20],
  serialize: (value: number) => String(value),
  parse: (text: string) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value)) throw new RangeError(`the bigint ${text} does not fit a number`)
    return value
  },
}

async function untilAnswers(sql: Sql, { url, log, clock, patience }: Required<StoreOptions>): Promise<void> {
  const place = placeOf(url)
  const deadline = clock.now() + patience
  for (let failures = 0; ; failures++) {
    try {
      const [row] = await sql<{ version: number }[]>`select current_setting('server_version_num')::int as version`
      const version = Math.floor((row?.version ?? 0) / 10_000)
      if (version >= oldestServer) return
      throw new StoreError(`the database ${place} runs Postgres ${version}; kindgate needs ${oldestServer} or later`)
    } catch (error) {
      if (error instanceof StoreError) throw error
      if (!storeUnavailable(error)) throw new StoreError(`cannot use the database ${place}: ${messageOf(error)}`)
      if (clock.now() >= deadline) throw new StoreError(`the database ${place} does not answer: ${messageOf(error)}`)
      if (failures === 0) log.warn({ database: place, reason: messageOf(error) }, 'waiting for the database')
      await clock.sleep(200)
    }
  }
}

/** Where a database is, without the credentials; several hosts make an address that is no URL. */
function placeOf(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? `${parsed.host}${parsed.pathname}` : 'of DATABASE_URL'
}

/** The same transaction, except that every use of it throws once `usable` says no. */
function guard(transaction: TransactionSql, usable: () => boolean): TransactionSql {
  const check = () => {
    if (!usable()) throw unavailable(undefined)
  }
  return new Proxy(transaction, {
    apply(target, self, parameters) {
      check()
      return Reflect.apply(target, self, parameters)
    },
    get(target, key, receiver) {
      check()
      return Reflect.get(target, key, receiver)
    },
  })
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
