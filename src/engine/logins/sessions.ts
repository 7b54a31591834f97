import type { Sql, TransactionSql } from 'postgres'
import type { Clock } from '../../clock.ts'
import type { Store } from '../../store/postgres.ts'
import { asked } from '../../store/unavailable.ts'
import { hashOf, newToken } from '../accounts/tokens.ts'

export interface SessionDependencies {
  store: Store
  clock: Clock
  ids: () => string
  sessions: SessionLimits
}

export interface SessionLimits {
  /** Longest that a session lasts, in milliseconds. */
  ttlMs: number
  /** How long it lasts without being used, in milliseconds. */
  idleMs: number
}

/** The most sessions that a user has: each browser makes one, and all are kept in memory. */
const mostSessions = 20

/** Makes a session of a user; the oldest go where there are too many. */
export async function openSession(
  sql: TransactionSql,
  user: string,
  { clock, ids, sessions: { ttlMs, idleMs } }: SessionDependencies,
): Promise<{ session: string; seconds: number }> {
  const session = newToken()
  const now = clock.now()
  await sql`
    insert into sessions (id, user_name, hash, created_at, expires_at, ends_at)
    values (${ids()}, ${user}, ${hashOf(session)}, ${new Date(now)},
      ${new Date(now + Math.min(idleMs, ttlMs))}, ${new Date(now + ttlMs)})`
  await sql`
    delete from sessions where id in (
      select id from sessions where user_name = ${user} order by created_at desc, id offset ${mostSessions})`
  return { session, seconds: Math.floor(ttlMs / 1000) }
}

export async function endSession(sql: Sql, id: string): Promise<void> {
  await asked(() => sql`delete from sessions where id = ${id}`)
}

/** Forgets sessions that are over. */
export async function expireSessions(sql: Sql, now: Date): Promise<void> {
  await sql`delete from sessions where expires_at <= ${now}`
}
