import { GatewayError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import { asked } from '../../store/unavailable.ts'
import type { Principal } from '../accounts/principal.ts'
import { chainOf, effectiveBody } from './environment.ts'
import { type Key, type Kind, notFound, pathOf, type RefType } from './names.ts'
import { metadataOf, objectText } from './objects.ts'
import { type InstanceRow, selectInstance, selectNames, selectRefs, selectResource } from './queries.ts'
import type { ObjectMetadata } from './schema.ts'
import type { SecretBox } from './secrets.ts'

export interface RefReads {
  /** The instance that a key leads to, JSON; the same question asked many times at once is one query. Errors: NotFound. */
  get(principal: Principal, kind: Kind, key: Key): Promise<string>
  /** A config with its secrets in clear. Errors: NotFound, Unavailable (the key that sealed them is not listed). */
  reveal(principal: Principal, key: Key): Promise<string>
  /** An environment with what it inherits. Errors: NotFound. */
  effective(principal: Principal, key: Key): Promise<string>
  /** Names of resources, sorted. */
  names(principal: Principal, kind: Kind): Promise<string[]>
  /** Ids, tags or branches, sorted; none of what is not there. */
  refs(principal: Principal, of: { kind: Kind; name: string; type: RefType }): Promise<string[]>
  /** Errors: NotFound. */
  metadata(principal: Principal, kind: Kind, name: string): Promise<ObjectMetadata>
}

export function createRefReads({ store, box, log }: { store: Store; box: SecretBox; log: Log }): RefReads {
  /** Reads that came in the same turn, whose query has not begun: a write that was answered before them is in it. */
  const coming = new Map<string, Promise<InstanceRow | undefined>>()

  function read(principal: Principal, kind: Kind, key: Key): Promise<InstanceRow | undefined> {
    const what = `${pathOf(kind, key)} ${principal.admin} ${principal.name}`
    const known = coming.get(what)
    if (known) return known
    const row = turn().then(() => {
      coming.delete(what)
      return asked(() => selectInstance(store.sql, principal, kind, key))
    })
    coming.set(what, row)
    return row
  }

  async function require(principal: Principal, kind: Kind, key: Key) {
    const row = await read(principal, kind, key)
    if (!row) throw notFound(pathOf(kind, key))
    return row
  }

  return {
    get: async (principal, kind, key) => objectText(await require(principal, kind, key)),

    async reveal(principal, key) {
      const row = await require(principal, 'config', key)
      log.info({ user: principal.name, config: key.name, id: row.id }, 'secrets are shown in clear')
      if (row.secrets === null) return objectText(row)
      const secrets = await box.open(row, row.secrets).catch(error => {
        throw new GatewayError('Unavailable', 'The secrets cannot be opened with the keys of SECRET_KEY', {
          cause: error,
        })
      })
      return objectText({ ...row, body: JSON.stringify({ ...JSON.parse(row.body), secrets }) })
    },

    async effective(principal, key) {
      const chain = await asked(() => chainOf(store.sql, principal, key))
      if (!chain) throw notFound(pathOf('environment', key))
      return objectText({ ...chain.own, body: JSON.stringify(effectiveBody(chain)) })
    },

    names: (principal, kind) => asked(() => selectNames(store.sql, principal, kind)),
    refs: (principal, of) => asked(() => selectRefs(store.sql, principal, of)),

    async metadata(principal, kind, name) {
      const row = await asked(() => selectResource(store.sql, principal, kind, name))
      if (!row) throw notFound(`${kind}/${name}`)
      return metadataOf(row)
    },
  }
}

/** Until the present turn's work is done. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
