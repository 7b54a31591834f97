import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import type { Store } from '../../store/postgres.ts'
import type { Principal } from '../accounts/principal.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { Table } from '../mirror/mirror.ts'
import { exists, inUse, isName, notFound } from '../refs/names.ts'
import { metadataOf } from '../refs/objects.ts'
import { apiVersion, type ObjectMetadata } from '../refs/schema.ts'
import { redacted, type SecretBox } from '../refs/secrets.ts'
import type { Live } from './live.ts'
import type { Placement } from './placement.ts'
import { isUp } from './placement.ts'
import { selectDeployments } from './queries/deployments.ts'
import {
  deletePlatform,
  insertPlatform,
  lockPlatform,
  type PlatformRow,
  selectPlatforms,
  updatePlatform,
} from './queries/platforms.ts'
import { selectUnits } from './queries/units.ts'
import type { PlatformBody, PlatformPatch } from './schema.ts'

export interface PlatformCommands {
  names(principal: Principal): Promise<string[]>
  /** The platform as it is shown; `reveal`: with its pull secrets. Errors: NotFound. */
  get(principal: Principal, name: string, options?: { reveal?: boolean }): Promise<PlatformView>
  /** Replaces what there is, or makes the platform. Errors: AlreadyExists, InvalidRequest, InUse. */
  put(principal: Principal, name: string, body: PlatformBody): Promise<void>
  /** Changes what is mentioned. Errors: NotFound, InvalidRequest, InUse. */
  patch(principal: Principal, name: string, body: PlatformPatch): Promise<void>
  metadata(principal: Principal, name: string): Promise<ObjectMetadata>
  /** Makes the platform where it is missing. Errors: AlreadyExists. */
  setMetadata(principal: Principal, name: string, metadata: ObjectMetadata, how: 'put' | 'patch'): Promise<void>
  /** Errors: NotFound, InUse. */
  remove(principal: Principal, name: string): Promise<void>
}

export interface PlatformView {
  id: string
  kind: 'Platform'
  apiVersion: string
  metadata: ObjectMetadata
  cluster?: string
  systems: Record<string, { imagePullSecret: string }> | null
  status: { healthy: boolean; systems: Record<string, { healthy: boolean }> }
}

export interface PlatformCommandOptions {
  store: Store
  box: SecretBox
  live: Live
  placement: Placement
  clusters: Table<Cluster>
  ids: () => string
  /** Has what a platform holds looked at. */
  wake(platform: string): Promise<void>
}

export function createPlatformCommands(options: PlatformCommandOptions): PlatformCommands {
  const { store, box, live, placement, clusters, ids, wake } = options

  /** The cluster that a body names, as columns. */
  function clusterColumns(principal: Principal, cluster: string | null): Pick<PlatformRow, 'cluster' | 'clusterId'> {
    if (cluster === null) return { cluster: null, clusterId: null }
    const found = clusters.byName(cluster, principal)
    if (found?.managedBy !== 'kindgate')
      throw new GatewayError('InvalidRequest', `resource not found: cluster/${cluster}`)
    return { cluster, clusterId: found.id }
  }

  /** Pull secrets as columns. The mark that stands for a secret leaves it as it is. */
  async function sealed(
    platform: string,
    systems: NonNullable<PlatformPatch['systems']>,
  ): Promise<Map<string, string | null | typeof keep>> {
    const made = new Map<string, string | null | typeof keep>()
    for (const [system, value] of Object.entries(systems)) {
      if (!isName(system)) throw new GatewayError('InvalidRequest', `invalid uri: system/${system.slice(0, 64)}`)
      const secret = value?.imagePullSecret
      if (secret === redacted) made.set(system, keep)
      else made.set(system, secret ? await box.sealPull(platform, system, secret) : null)
    }
    return made
  }

  /** Locks a platform, lets `change` say what becomes of it, and writes that. */
  async function write(
    of: { principal: Principal; name: string; make: boolean },
    change: (row: PlatformRow) => PlatformRow,
  ): Promise<void> {
    const { principal, name, make } = of
    await store.transaction(async sql => {
      if (make) await insertPlatform(sql, { id: ids(), name, owner: principal.name })
      await lockPlatform(sql, name, 'update')
      const [row] = await selectPlatforms(sql, principal, name)
      if (!row) throw make ? exists(`platform/${name}`) : notFound(`platform/${name}`)
      const next = change(row)
      await requireUnused(sql, row, next)
      await updatePlatform(sql, next)
    })
    await live.platforms()
    await wake(name)
  }

  /** A system that has deployments stays registered. */
  async function requireUnused(sql: TransactionSql, { name, systems }: PlatformRow, next: PlatformRow): Promise<void> {
    const removed = Object.keys(systems).filter(system => !Object.hasOwn(next.systems, system))
    for (const system of removed) {
      const [user] = await selectDeployments(sql, { platform: name, system })
      if (user) throw inUse(`platform/${name}/system/${system}`, `platform/${name}/deployment/${system}`)
    }
  }

  async function require(principal: Principal, name: string): Promise<PlatformRow> {
    const [row] = await selectPlatforms(store.sql, principal, name)
    if (!row) throw notFound(`platform/${name}`)
    return row
  }

  async function view(row: PlatformRow, reveal: boolean): Promise<PlatformView> {
    const systems: Record<string, { imagePullSecret: string }> = Object.create(null)
    for (const [system, secret] of Object.entries(row.systems)) {
      const shown = secret !== null && reveal ? await box.openPull(row.name, system, secret) : redacted
      systems[system] = { imagePullSecret: secret === null ? '' : shown }
    }
    const cluster = placement.clusterOf(row)
    const healthy = cluster !== undefined && isUp(cluster)
    return {
      id: row.id,
      kind: 'Platform',
      apiVersion,
      metadata: metadataOf(row),
      ...(row.cluster === null ? {} : { cluster: row.cluster }),
      systems: Object.keys(systems).length > 0 ? systems : null,
      status: {
        healthy,
        systems: Object.fromEntries(
          Object.keys(row.systems).map(system => [system, { healthy: healthy && live.isReady(row.name, system) }]),
        ),
      },
    }
  }

  return {
    names: async principal => (await selectPlatforms(store.sql, principal)).map(row => row.name),

    get: async (principal, name, { reveal = false } = {}) => view(await require(principal, name), reveal),

    async put(principal, name, body) {
      const given = await sealed(name, body.systems ?? {})
      const place = clusterColumns(principal, body.cluster ?? null)
      await write({ principal, name, make: true }, row => ({
        ...row,
        ...place,
        systems: Object.fromEntries([...given].map(([system, secret]) => [system, resolved(row, system, secret)])),
      }))
    },

    async patch(principal, name, body) {
      const given = await sealed(name, body.systems ?? {})
      const place = body.cluster === undefined ? {} : clusterColumns(principal, body.cluster)
      await write({ principal, name, make: false }, row => {
        const systems = new Map(Object.entries(row.systems))
        for (const [system, secret] of given) {
          if (body.systems?.[system] === null) systems.delete(system)
          // Registering a system without a secret leaves the one it has.
          else if (body.systems?.[system]?.imagePullSecret === undefined && systems.has(system)) continue
          else systems.set(system, resolved(row, system, secret))
        }
        return { ...row, ...place, systems: Object.fromEntries(systems) }
      })
    },

    metadata: async (principal, name) => metadataOf(await require(principal, name)),

    setMetadata: (principal, name, { title, description }, how) =>
      write({ principal, name, make: true }, row => ({
        ...row,
        title: title ?? (how === 'put' ? null : row.title),
        description: description ?? (how === 'put' ? null : row.description),
      })),

    async remove(principal, name) {
      await store.transaction(async sql => {
        await lockPlatform(sql, name, 'update')
        const [row] = await selectPlatforms(sql, principal, name)
        if (!row) throw notFound(`platform/${name}`)
        const [user] = await selectDeployments(sql, { platform: name })
        if (user) throw inUse(`platform/${name}`, `platform/${name}/deployment/${user.system.name}`)
        const [unit] = (await selectUnits(sql, name)).filter(each => each.environment !== null)
        if (unit) throw inUse(`platform/${name}`, `platform/${name}/release/${unit.system}/${unit.environment}`)
        await deletePlatform(sql, row.id)
      })
      await live.platforms()
    },
  }
}

/** The secret that is there stays. */
const keep = Symbol('keep')

function resolved(row: PlatformRow, system: string, secret: string | null | typeof keep): string | null {
  return secret === keep ? (row.systems[system] ?? null) : secret
}
