import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import { locks } from '../../store/locks.ts'
import type { Store } from '../../store/postgres.ts'
import { codeOf, storeUnavailable, unavailable } from '../../store/unavailable.ts'
import type { Principal } from '../accounts/principal.ts'
import { chainOf } from './environment.ts'
import { exists, inUse, type Key, type Kind, notFound, parseKey, pathOf, type RefType, requireId } from './names.ts'
import { bodyText, objectText } from './objects.ts'
import {
  claimResource,
  deleteRef,
  deleteResource,
  hold,
  insertInstance,
  insertTag,
  insertUse,
  selectInstance,
  selectUser,
  updateMetadata,
  upsertBranch,
} from './queries.ts'
import type { AnyBody, Bodies, EnvironmentBody, ObjectMetadata } from './schema.ts'
import type { SecretBox } from './secrets.ts'
import { violationsOf } from './validate.ts'
import { ObjectInvalid } from './violations.ts'

export interface RefWrites {
  /**
   * Adds an instance and makes it the head. Errors: ObjectInvalid; InvalidRequest (a reference leads nowhere, a cycle);
   * AlreadyExists (the name is somebody else's, or the commit is there).
   */
  create<K extends Kind>(principal: Principal, kind: K, name: string, body: Bodies[K]): Promise<Created>
  /** `put` replaces what there is, `patch` keeps what is not mentioned; both make the resource where it is missing. */
  setMetadata(of: Of & { metadata: ObjectMetadata; how: 'put' | 'patch' }): Promise<void>
  /** Errors: InvalidRequest (no id), NotFound, AlreadyExists (the tag is on another instance: tags never move). */
  tag(of: Of & { tag: string; id: string }): Promise<'created' | 'unchanged'>
  /** Makes or moves a branch of a system. Errors: InvalidRequest, NotFound. */
  moveBranch(of: { principal: Principal; name: string; branch: string; id: string }): Promise<void>
  /** Deletes a tag or branch; one that is not there is deleted already. Errors: InUse. */
  removeRef(of: Of & { type: Exclude<RefType, 'id'>; ref: string }): Promise<void>
  /** Deletes a resource with its instances and refs. Errors: NotFound, InUse. */
  remove(of: Of): Promise<void>
}

interface Of {
  principal: Principal
  kind: Kind
  name: string
}

export interface Created {
  id: string
  /** The object, JSON. */
  text: string
}

export interface RefWriteOptions {
  store: Store
  box: SecretBox
  ids: () => string
  /** A resource was written: show it. */
  shown(id: string): Promise<void>
  /** An instance became the head, or a branch was moved: what follows it has to be looked at. */
  moved(kind: Kind, name: string): Promise<void>
}

/** SQLSTATE foreign_key_violation. */
const foreignKeyViolation = '23503'

export function createRefWrites(options: RefWriteOptions): RefWrites {
  const { store, box, ids, shown, moved } = options

  async function create<K extends Kind>(
    principal: Principal,
    kind: K,
    name: string,
    body: Bodies[K],
  ): Promise<Created> {
    const path = `${kind}/${name}`
    const violations = violationsOf[kind](body)
    if (violations.length > 0) throw new ObjectInvalid(kind, path, violations)
    const fields: AnyBody = body
    const id = kind === 'system' ? (fields.gitHash ?? ids()) : ids()
    const { secrets: open = {} } = fields
    const secrets = Object.keys(open).length > 0 ? await box.seal({ name, id }, open) : null
    const made = await store.transaction(async sql => {
      const resource = await claimResource(sql, principal, { id: ids(), kind, name })
      if (resource === undefined) throw exists(path)
      if (!(await insertInstance(sql, { kind, name, id, body: bodyText(kind, id, fields), secrets })))
        throw exists(`${path}/id/${id}`)
      if (kind === 'environment') await useReferences(sql, principal, { name, id }, fields)
      const row = await selectInstance(sql, principal, kind, { name, type: 'id', ref: id })
      return { resource, text: row ? objectText(row) : '' }
    })
    await shown(made.resource)
    await moved(kind, name)
    return { id, text: made.text }
  }

  /** What an environment names must be there, may not lead back to it, and stays as long as the environment does. */
  async function useReferences(
    sql: TransactionSql,
    principal: Principal,
    { name, id }: { name: string; id: string },
    { inherits, config }: Pick<EnvironmentBody, 'inherits' | 'config'>,
  ): Promise<void> {
    const user = { instance: { kind: 'environment' as const, name, id } }
    if (inherits) {
      // One at a time: of two that come to inherit from each other, the second sees the first.
      await sql`select pg_advisory_xact_lock(${locks.environments[0]}, ${locks.environments[1]})`
      await insertUse(sql, user, 'environment', await requireInstance(sql, principal, 'environment', inherits))
    }
    if (config) await insertUse(sql, user, 'config', await requireInstance(sql, principal, 'config', config))
    if (inherits) await chainOf(sql, principal, { name, type: 'id', ref: id })
  }

  async function requireInstance(sql: TransactionSql, principal: Principal, kind: Kind, text: string): Promise<Key> {
    const key = parseKey(kind, text)
    if (key) await hold(sql, kind, key)
    if (key && (await selectInstance(sql, principal, kind, key))) return key
    throw new GatewayError('InvalidRequest', `resource not found: ${kind}/${text}`)
  }

  /** Deletes; what a foreign key holds back is told with who holds it. */
  async function unlessUsed<T>(of: Parameters<typeof selectUser>[1], work: () => Promise<T>): Promise<T> {
    const { kind, name, type, ref } = of
    const path = type === undefined ? `${kind}/${name}` : `${kind}/${name}/${type}/${ref}`
    for (let tries = 0; ; tries++) {
      try {
        return await work()
      } catch (error) {
        if (codeOf(error) !== foreignKeyViolation) throw storeUnavailable(error) ? unavailable(error) : error
        const user = await selectUser(store.sql, of)
        if (user !== undefined) throw inUse(path, user)
        // Whoever used it has gone meanwhile.
        if (tries === 3) throw new GatewayError('Conflict', `${path} is being used`)
      }
    }
  }

  return {
    create,

    async setMetadata({ principal, kind, name, metadata: { title, description }, how }) {
      const id = await store.transaction(async sql => {
        const resource = await claimResource(sql, principal, { id: ids(), kind, name })
        if (resource === undefined) throw exists(`${kind}/${name}`)
        const given = {
          ...(title === undefined ? {} : { title }),
          ...(description === undefined ? {} : { description }),
        }
        await updateMetadata(sql, resource, how === 'put' ? { title: null, description: null, ...given } : given)
        return resource
      })
      await shown(id)
    },

    async tag({ principal, kind, name, tag, id }) {
      requireId(kind, id)
      // A resource that is deleted meanwhile takes the instance with it, and the tag finds nothing to stand on.
      const added = await insertTag(store.sql, principal, { kind, name, tag, id }).catch(error => {
        if (codeOf(error) === foreignKeyViolation) return false
        throw storeUnavailable(error) ? unavailable(error) : error
      })
      if (added) return 'created'
      const wanted = await selectInstance(store.sql, principal, kind, { name, type: 'id', ref: id })
      if (!wanted) throw notFound(`${kind}/${name}/id/${id}`)
      const tagged = await selectInstance(store.sql, principal, kind, { name, type: 'tag', ref: tag })
      if (tagged?.id === wanted.id) return 'unchanged'
      throw exists(`${kind}/${name}/tag/${tag}`)
    },

    async moveBranch({ principal, name, branch, id }) {
      requireId('system', id)
      const done = await upsertBranch(store.sql, principal, { name, branch, id }).catch(error => {
        if (codeOf(error) === foreignKeyViolation) return false
        throw storeUnavailable(error) ? unavailable(error) : error
      })
      if (!done) throw notFound(pathOf('system', { name, type: 'id', ref: id }))
      await moved('system', name)
    },

    removeRef: ({ principal, kind, name, type, ref }) =>
      unlessUsed({ kind, name, type, ref }, () => deleteRef(store.sql, principal, { kind, name, type, ref })),

    async remove({ principal, kind, name }) {
      const gone = await unlessUsed({ kind, name }, () => deleteResource(store.sql, principal, kind, name))
      if (gone === undefined) throw notFound(`${kind}/${name}`)
      await shown(gone)
    },
  }
}
