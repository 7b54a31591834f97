import type { Clock } from '../../clock.ts'
import { type ErrorCode, messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import { asked, codeOf } from '../../store/unavailable.ts'
import type { Credential } from '../accounts/identity.ts'
import type { Principal } from '../accounts/principal.ts'
import { createBatches } from '../batches.ts'
import type { Table } from '../mirror/mirror.ts'
import { requireAdmin } from '../users/guard.ts'
import { continueToken, readContinue } from './continue.ts'
import { type AuditFilter, type AuditRow, expireAudit, insertAudit, selectAudit } from './queries.ts'
import type { AuditEntry } from './schema.ts'
import { viewAudit } from './view.ts'

/** What somebody did. Nothing in it may be a secret: no body, no token, no value of a config. */
export interface AuditRecord {
  /** The user; null where no credential was valid. */
  actor: string | null
  credential?: Credential | undefined
  /** The operation, such as `clusterDelete`. */
  action: string
  /** What it was done to, such as a path. */
  resource: string
  /** `Unknown`: the caller did not wait for the answer. */
  result: 'OK' | 'Unknown' | ErrorCode
  surface: string
  /** The caller's address. */
  from: string | null
  requestId: string | null
  detail?: string | undefined
}

export interface AuditQuery extends AuditFilter {
  /** 1 to 1000; 200 by default. */
  limit?: number | undefined
  continue?: string | undefined
}

export interface AuditList {
  items: AuditEntry[]
  metadata: { resourceVersion: string; continue?: string }
}

export interface AuditCommands {
  /** Returns at once; the entry is written, then shown, soon after. */
  record(record: AuditRecord): void
  /**
   * The newest entries first, from the store. A watch of `tables.audit` from the list's resourceVersion tells every later
   * one. Errors: Forbidden (no admin), InvalidRequest, Unavailable.
   */
  list(principal: Principal, query: AuditQuery): Promise<AuditList>
  counts(): AuditCounts
}

export interface AuditCounts {
  /** Entries that wait for the store. */
  held: number
  /** Entries that were lost since the gateway started: more came than can be held, or the store refused them. */
  lost: number
}

export interface AuditLog extends AuditCommands {
  /** Shows the newest entries. */
  load(): Promise<void>
  /** Forgets those from before a time, which is at least a day ago. */
  expire(before: Date): Promise<void>
  /** Writes what is held, if that can be done at once; else the log says how many entries were lost. */
  close(): Promise<void>
}

/** The most entries held while the store does not take them; what comes then is counted and lost. */
const mostHeld = 10_000
/** How many entries the mirror shows to watches that begin. What leaves it is not deleted: no watch tells of that. */
const window = 1000
const chunk = 500
const retryMs = 1000

export interface AuditOptions {
  store: Store
  clock: Clock
  ids: () => string
  table: Table<AuditEntry>
  log: Log
}

/** The audit log: append-only, written in batches. */
export function createAudit({ store, clock, ids, table, log }: AuditOptions): AuditLog {
  const closing = new AbortController()
  const shown: string[] = []
  /** The last entry that is shown; all up to it are in the store. */
  let last = 0
  let held = 0
  let lost = 0
  /** How many of the lost the audit log itself tells of. */
  let told = 0

  const writes = createBatches<Omit<AuditRow, 'seq'>>(async rows => {
    for (let from = 0; from < rows.length; from += chunk) await write(rows.slice(from, from + chunk))
  })

  async function write(rows: Omit<AuditRow, 'seq'>[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        const written = await insertAudit(store.sql, rows)
        held -= rows.length
        show(written)
        if (lost > told) tellLoss()
        return
      } catch (error) {
        if (isRefusal(error)) return refused(rows, error)
        if (tries === 0) log.error({ reason: messageOf(error), entries: rows.length }, 'could not write the audit log')
        if (closing.signal.aborted) return
        await clock.sleep(retryMs, closing.signal).catch(() => undefined)
      }
    }
  }

  /** Whatever is wrong with one entry, the others are written. */
  async function refused(rows: Omit<AuditRow, 'seq'>[], error: unknown): Promise<void> {
    if (rows.length > 1) {
      for (const row of rows) await write([row])
      return
    }
    held -= rows.length
    lost += rows.length
    log.error({ reason: messageOf(error), id: rows[0]?.id }, 'the store refused an entry of the audit log: it is lost')
  }

  function show(rows: AuditRow[]): void {
    for (const row of rows) {
      table.apply(viewAudit(row))
      shown.push(row.id)
      last = Math.max(last, row.seq)
    }
    for (const id of shown.splice(0, Math.max(0, shown.length - window))) table.forget(id)
  }

  function tellLoss(): void {
    const detail = `${lost - told} entries were lost: the store did not take them`
    told = lost
    const about = { actor: null, from: null, requestId: null, surface: 'engine' }
    record({ ...about, action: 'auditLost', resource: 'audit', result: 'Unavailable', detail })
  }

  function record({ from, credential, detail, ...entry }: AuditRecord): void {
    if (held >= mostHeld) {
      // Once for each time that it is full, not for each entry.
      if (lost === told) log.error({ held }, 'entries of the audit log are being lost: the store does not take them')
      lost += 1
      return
    }
    held += 1
    const row = {
      ...entry,
      id: ids(),
      at: new Date(clock.now()),
      credential: credential ? `${credential.kind} ${credential.id}` : null,
      resource: entry.resource.slice(0, 512),
      source: from,
      detail: detail?.slice(0, 1024) ?? null,
    }
    writes.add(row).catch(() => undefined)
  }

  return {
    record,
    async load() {
      if (last > 0) return
      const newest = await asked(() =>
        selectAudit(store.sql, { filter: {}, upTo: Number.MAX_SAFE_INTEGER, limit: window }),
      )
      if (last === 0) show(newest.reverse())
    },
    async list(principal, { limit = 200, continue: token, ...filter }) {
      requireAdmin(principal)
      const from = token
        ? readContinue(token)
        : { version: table.list({ viewer: principal }).resourceVersion, upTo: last }
      const rows = await asked(() => selectAudit(store.sql, { filter, upTo: from.upTo, limit: limit + 1 }))
      const page = rows.slice(0, limit)
      const next = rows.length > limit ? page.at(-1) : undefined
      const { version } = from
      return {
        items: page.map(row => atVersion(viewAudit(row), version)),
        metadata: {
          resourceVersion: version,
          ...(next ? { continue: continueToken({ version, upTo: next.seq - 1 }) } : {}),
        },
      }
    },
    expire: before => asked(() => expireAudit(store.sql, before)),
    async close() {
      closing.abort(new Error('the gateway stops'))
      await writes.settled()
      // The last may have added one that tells of a loss.
      await writes.settled()
      const entries = held + lost - told
      if (entries > 0) log.error({ entries }, 'entries of the audit log were lost: the store did not take them')
    },
    counts: () => ({ held, lost }),
  }
}

/** SQLSTATEs of a value that the table does not take (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
function isRefusal(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error) ?? '')
}

/** An entry never changes: every version of the list is one of its. */
function atVersion(entry: ReturnType<typeof viewAudit>, resourceVersion: string): AuditEntry {
  return { ...entry, metadata: { ...entry.metadata, resourceVersion } }
}
