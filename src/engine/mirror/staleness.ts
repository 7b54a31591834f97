import { mayView, type Viewer } from './objects.ts'

/** What a list says of itself while its source, or that of a part of it, cannot be watched. */
export interface StaleMetadata {
  /** The list shows what was last seen: its source cannot be watched now. */
  stale?: true
  /** RFC 3339. */
  staleSince?: string
  staleReason?: string
}

/** A part of a table: the objects whose keys begin with `scope/`, and whose they are. */
export interface TablePart {
  scope: string
  owner: string | null
}

export interface Staleness {
  /** Marks a part, or all of it. While stale already, the first `since` stays. */
  mark(reason: string, since: number, part?: TablePart): void
  /** False when it was not stale. */
  clear(scope?: string): boolean
  /** What a list of everything, or of one part, says to a viewer: of parts only those that they may see. */
  of(viewer: Viewer, scope: string | undefined): StaleMetadata
}

/** Since when and why a table is stale, in all or in parts. A list of everything is stale when a part of it is. */
export function createStaleness(): Staleness {
  const whole = '/' // no part has this name
  const marks = new Map<string, { reason: string; since: number; owner: string | null }>()
  return {
    mark(reason, since, part) {
      const key = part?.scope ?? whole
      marks.set(key, { reason, since: marks.get(key)?.since ?? since, owner: part?.owner ?? null })
    },
    clear: scope => marks.delete(scope ?? whole),
    of(viewer, scope) {
      const concerned = [...marks].filter(
        ([key, mark]) => key === whole || ((scope === undefined || key === scope) && mayView(viewer, mark)),
      )
      if (concerned.length === 0) return {}
      const reasons = concerned.map(([key, { reason }]) =>
        key === whole || scope !== undefined ? reason : `${key}: ${reason}`,
      )
      return {
        stale: true,
        staleSince: new Date(Math.min(...concerned.map(([, { since }]) => since))).toISOString(),
        staleReason: reasons.join('; '),
      }
    },
  }
}
