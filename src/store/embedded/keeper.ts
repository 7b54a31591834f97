import postgres from 'postgres'
import { locks } from '../locks.ts'

/** A connection to the embedded server, held as long as the gateway looks after it. */
export interface Keeper {
  /** Resolves when the connection has ended, for whatever reason. */
  readonly lost: Promise<void>
  close(): Promise<void>
}

/** The server is looked after by another gateway, which is alive. */
export class KeptByOther extends Error {}

/**
 * Connects and takes the lock that makes this gateway the server's keeper; it ends with the connection. Rejects with
 * KeptByOther, or with the error of the connection.
 */
export async function connectKeeper(url: string): Promise<Keeper> {
  const lost = Promise.withResolvers<void>()
  const sql = postgres(url, {
    max: 1,
    idle_timeout: undefined,
    max_lifetime: null,
    connect_timeout: 10,
    fetch_types: false,
    connection: { application_name: 'kindgate keeper' },
    onnotice: () => {},
    onclose: () => lost.resolve(),
  })
  const close = () => sql.end({ timeout: 1 })
  try {
    const [row] = await sql<[{ held: boolean }]>`
      select pg_try_advisory_lock(${locks.keeper[0]}, ${locks.keeper[1]}) as held`
    if (!row?.held) throw new KeptByOther()
    return { lost: lost.promise, close }
  } catch (error) {
    await close()
    throw error
  }
}
