import type { Clock } from '../../clock.ts'
import { createSignal } from '../signal.ts'
import type { Credential, Identity } from './identity.ts'
import type { Principal } from './principal.ts'
import { hashOf } from './tokens.ts'

/** A credential as a store has it. */
export interface StoredCredential extends Credential {
  user: string
  /** SHA-256 of its secret, in hexadecimal digits. */
  hash: string
  expiresAt: Date | null
}

/** The credentials that are valid now, in memory: no request waits for the database. */
export interface Registry {
  /** Makes these all there are. `principals` are the users that may do anything; the identities of others end. */
  replace(principals: readonly Principal[], credentials: readonly StoredCredential[]): void
  /** Whose secret this is; undefined for one that is unknown, of another kind or expired. */
  find(kind: Credential['kind'], secret: string): Identity | undefined
  /** Ends identities as they expire, until the signal aborts. */
  expire(signal: AbortSignal): Promise<void>
}

interface Entry {
  identity: Identity
  end: AbortController
  expiresAt: number
}

/** Timers of Node.js reach 24.8 days. */
const longestSleepMs = 24 * 3600_000

export function createRegistry({ clock }: { clock: Clock }): Registry {
  let entries = new Map<string, Entry>()
  const changed = createSignal()

  function entryOf(key: string, stored: StoredCredential, principal: Principal): Entry {
    const expiresAt = stored.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
    const known = entries.get(key)
    if (known && known.identity.credential.id === stored.id && isSame(known.identity.principal, principal)) {
      known.expiresAt = expiresAt
      return known
    }
    const end = new AbortController()
    const credential = Object.freeze({ kind: stored.kind, id: stored.id })
    return { end, expiresAt, identity: Object.freeze({ principal, credential, ended: end.signal }) }
  }

  function nextExpiry(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { expiresAt } of entries.values()) next = Math.min(next, expiresAt)
    return next
  }

  function endExpired(): void {
    for (const [key, { expiresAt, end }] of entries) {
      if (expiresAt > clock.now()) continue
      entries.delete(key)
      end.abort(new Error('the credential has expired'))
    }
  }

  return {
    replace(principals, credentials) {
      const byName = new Map(principals.map(({ name, admin }) => [name, Object.freeze({ name, admin })]))
      const now = new Map<string, Entry>()
      for (const stored of credentials) {
        const principal = byName.get(stored.user)
        const key = keyOf(stored.kind, stored.hash)
        if (principal) now.set(key, entryOf(key, stored, principal))
      }
      const before = entries
      entries = now
      for (const [key, entry] of before)
        if (now.get(key) !== entry) entry.end.abort(new Error('the credential does not stand for this any more'))
      changed.fire()
    },
    find(kind, secret) {
      // Looked up by a hash: how long that takes says nothing of the secret.
      const found = entries.get(keyOf(kind, hashOf(secret).toString('hex')))
      return found && found.expiresAt > clock.now() ? found.identity : undefined
    },
    async expire(signal) {
      while (!signal.aborted) {
        endExpired()
        const next = nextExpiry()
        const rest = new AbortController()
        const over = AbortSignal.any([signal, rest.signal])
        const due =
          next === Number.POSITIVE_INFINITY ? [] : [clock.sleep(Math.min(next - clock.now(), longestSleepMs), over)]
        const sooner = changed.until(() => nextExpiry() !== next, over)
        await Promise.race([...due, sooner]).catch(() => undefined)
        rest.abort()
        await Promise.allSettled([...due, sooner])
      }
    },
  }
}

function keyOf(kind: Credential['kind'], hash: string): string {
  return `${kind} ${hash}`
}

function isSame(one: Principal, other: Principal): boolean {
  return one.name === other.name && one.admin === other.admin
}
