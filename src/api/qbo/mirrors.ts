import type { Viewer } from '../../engine/mirror/mirror.ts'
import { mayView } from '../../engine/mirror/objects.ts'
import type { Frame } from './messages/frame.ts'

/** A connection in a mirror. */
export interface Member {
  viewer: Viewer
  send(frame: Frame): void
}

export interface Membership {
  /** The mirror's. */
  readonly id: string
  /** Sends a message about a user's command to all in the mirror who may see it: that user's connections, and admins. */
  tell(frame: Frame, user: string): void
  leave(): void
}

/** Where connections meet: who is in a mirror sees what is done in it. */
export interface Mirrors {
  /**
   * A user's mirrors are that user's alone: an id that somebody else has means another mirror. An admin who has none of
   * the id joins whoever's it is.
   */
  join(id: string, member: Member): Membership
}

interface Mirror {
  id: string
  owner: string
  members: Set<Member>
}

export function createMirrors(): Mirrors {
  const mirrors = new Map<string, Mirror>()
  const keyOf = (owner: string, id: string) => `${owner} ${id}`

  function find(id: string, { name, admin }: Viewer): Mirror {
    const own = mirrors.get(keyOf(name, id))
    if (own) return own
    const others = admin ? [...mirrors.values()].find(mirror => mirror.id === id) : undefined
    return others ?? { id, owner: name, members: new Set() }
  }

  return {
    join(id, member) {
      const mirror = find(id, member.viewer)
      const key = keyOf(mirror.owner, id)
      mirrors.set(key, mirror)
      mirror.members.add(member)
      return {
        id,
        tell: (frame, user) => {
          for (const each of mirror.members) if (mayView(each.viewer, { owner: user })) each.send(frame)
        },
        leave: () => {
          mirror.members.delete(member)
          if (mirror.members.size === 0) mirrors.delete(key)
        },
      }
    },
  }
}
