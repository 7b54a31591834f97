import { createHash } from 'node:crypto'
import { GatewayError, messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import type { Cluster } from '../clusters/schema.ts'
import { everyone } from '../refs/queries.ts'
import type { SecretBox } from '../refs/secrets.ts'
import type { ClusterWay, UnitAccess } from './access.ts'
import { type ComponentRef, refOf } from './components.ts'
import { type Live, type UnitNote, unitOfRelease } from './live.ts'
import { labels, namespaceOf, type Unit, unitKey, unitLabels, unitOf } from './names.ts'
import { type KubernetesManifest, objectsOf, prunedKinds, type UnitContent } from './objects.ts'
import { isUp, type Placement } from './placement.ts'
import { pullSecretOf } from './pull-secret.ts'
import { selectDeployments } from './queries/deployments.ts'
import { type PlatformRow, selectPlatforms } from './queries/platforms.ts'
import { type ReleaseRow, selectReleases, updateRelease } from './queries/releases.ts'
import { forgetNamespace, type NamespaceRow, selectNamespaces, takeNamespace } from './queries/units.ts'
import { releasableSystem, situationOf, surroundingsOf } from './wanted.ts'

export interface UnitReconcilerOptions {
  store: Store
  box: SecretBox
  live: Live
  placement: Placement
  clusters: ClusterWay
  log: Log
}

export interface UnitReconciler {
  /** Makes a unit what it shall be. Rejects when it is to be tried again. */
  reconcile(key: string, signal: AbortSignal): Promise<void>
  /** Whether old components wait until new ones are ready: a change of a pod asks for another look. */
  waitsForPods(key: string): boolean
  /**
   * What was applied for a unit may not be there as it was: the next pass applies all of it. With a cluster: unless the
   * unit is in another one.
   */
  suspect(key: string, clusterId?: string): void
}

/** What a unit shall hold. */
type Wanted = Omit<UnitContent, 'unit' | 'namespace'> & { note: UnitNote }

/**
 * Brings what is wanted into clusters. A namespace is written down before it is made and forgotten after it was
 * deleted, so that a gateway killed in between finds it again; objects are applied and pruned by label, so that no act
 * depends on an earlier one.
 */
export function createUnitReconciler(options: UnitReconcilerOptions): UnitReconciler {
  const { store, box, live, placement, clusters, log } = options
  /** What was applied last, by unit: the same is not sent again. */
  const applied = new Map<string, { digest: string; clusterId: string }>()
  const waiting = new Set<string>()
  const suspects = new Set<string>()

  async function reconcile(key: string, signal: AbortSignal): Promise<void> {
    const unit = unitOf(key)
    try {
      await pass(unit, signal)
    } catch (error) {
      signal.throwIfAborted()
      live.note(unit, { message: messageOf(error) })
      throw error
    }
  }

  async function pass(unit: Unit, signal: AbortSignal): Promise<void> {
    const [platform] = await selectPlatforms(store.sql, everyone, unit.platform)
    const cluster = platform && placement.clusterOf(platform)
    const wanted = platform && (await wantedOf(platform, cluster, unit))
    const here = wanted && cluster && { clusterId: cluster.id, name: namespaceOf(unit) }
    for (const namespace of await selectNamespaces(store.sql, unit))
      if (namespace.clusterId !== here?.clusterId || namespace.name !== here.name) await clear(unit, namespace, signal)
    if (!wanted || !here) {
      for (const kept of [applied, waiting, suspects]) kept.delete(unitKey(unit))
      return
    }
    if (!isUp(cluster))
      return live.note(unit, { ...wanted.note, message: `the cluster ${cluster.name} is ${cluster.state}` })
    const message = await place(unit, here, cluster, wanted, signal)
    live.note(unit, { ...wanted.note, message })
  }

  /** Undefined when nothing of the unit shall be there. */
  async function wantedOf(
    platform: PlatformRow,
    cluster: Readonly<Cluster> | undefined,
    unit: Unit,
  ): Promise<Wanted | undefined> {
    const secretOf = (components: ComponentRef[]) => pullSecretOf(platform, unit.system, components, box)
    if (unit.environment === null) {
      const rows = await selectDeployments(store.sql, { platform: unit.platform, system: unit.system })
      if (rows.length === 0) return undefined
      const distinct = new Map(rows.flatMap(row => row.components.map(component => [component.key, component])))
      const components = [...distinct.values()]
      return { components, pullSecret: await secretOf(components), note: { message: '' } }
    }
    const [row] = await selectReleases(store.sql, { unit })
    if (!row) return undefined
    const { system, situation } = await follow(row)
    const surroundings = await surroundingsOf(situation, box)
    const components = system.components.map(refOf)
    return {
      components,
      pullSecret: await secretOf(components),
      release: { surroundings, routes: system.routes, kubernetesVersion: cluster?.kubernetesVersion ?? null },
      note: { message: '', components, revision: surroundings.revision },
    }
  }

  /** What a release's refs lead to now. Where that cannot run, it stays what it was, and says why. */
  async function follow(row: ReleaseRow) {
    const { sql } = store
    let failure: string | null = null
    const stay = (name: string, ref: string) => ({ name, type: 'id' as const, ref })
    const either = async <T>(now: () => Promise<T>, before: () => Promise<T>): Promise<T> => {
      try {
        return await now()
      } catch (error) {
        if (!(error instanceof GatewayError) || error.status >= 500) throw error
        const faults = error.faults.map(({ where, what }) => `${where} ${what}`)
        failure = ['cannot follow', error.detail, ...faults.slice(0, 3)].join(': ')
        return before()
      }
    }
    const system = await either(
      () => releasableSystem(sql, everyone, row.system),
      () => releasableSystem(sql, everyone, stay(row.system.name, row.systemId)),
    )
    const situation = await either(
      () => situationOf(sql, everyone, row.environment),
      () => situationOf(sql, everyone, stay(row.environment.name, row.environmentId)),
    )
    if (await updateRelease(sql, { id: row.id, systemId: system.id, environmentId: situation.id, failure })) {
      // Not ready until what it leads to now has been worked on.
      live.note(unitOfRelease(row), { message: '' })
      await live.refresh([row.id])
    }
    return { system, situation }
  }

  /** Applies and prunes; resolves with what stands in the way, empty where nothing does. */
  async function place(
    unit: Unit,
    here: NamespaceRow,
    cluster: Readonly<Cluster>,
    { components, pullSecret, release, note }: Wanted,
    signal: AbortSignal,
  ): Promise<string> {
    const key = unitKey(unit)
    const objects = objectsOf({ unit, namespace: here.name, components, pullSecret, ...(release ? { release } : {}) })
    const digest = createHash('sha256')
      .update(JSON.stringify([here, objects]))
      .digest('hex')
    // What is suspected from here on is looked at once more.
    if (suspects.delete(key)) applied.delete(key)
    if (applied.get(key)?.digest === digest && !waiting.has(key)) return ''
    const other = await takeNamespace(store.sql, here, unit)
    if (other) return `the namespace ${here.name} is that of ${unitKey(other)}`
    const access = await clusters.access(cluster.id)
    if ((await holderOf(access, unit, here.name, signal)) === 'other') {
      await forgetNamespace(store.sql, here)
      return `the cluster has a namespace ${here.name} that is not the gateway's`
    }
    if (applied.get(key)?.digest !== digest) await access.apply(objects, signal)
    // Before readiness is asked for: a pod that becomes ready from here on asks for another look.
    waiting.add(key)
    const moving = components.filter(component => !placement.isReady(unit, cluster.name, component, note.revision))
    const kept = await prune({ access, unit, objects, moving, kubernetesVersion: cluster.kubernetesVersion }, signal)
    applied.set(key, { digest, clusterId: cluster.id })
    if (kept === 0) waiting.delete(key)
    return ''
  }

  /** Removes what is ours in the namespace and not wanted. An old commit of a component stays until the new one is ready. */
  async function prune(
    of: {
      access: UnitAccess
      unit: Unit
      objects: KubernetesManifest[]
      moving: ComponentRef[]
      kubernetesVersion: string | null
    },
    signal: AbortSignal,
  ): Promise<number> {
    const { access, unit, objects, moving, kubernetesVersion } = of
    const namespace = namespaceOf(unit)
    let kept = 0
    for (const { apiVersion, kind } of prunedKinds(kubernetesVersion)) {
      const labelSelector = `${labels.managedBy}=kindgate`
      for (const found of await access.list({ apiVersion, kind, namespace, labelSelector }, signal)) {
        const { name, labels: own } = metadataOf(found)
        if (objects.some(object => object.kind === kind && object.metadata.name === name)) continue
        const replaced = kind === 'Deployment' && unit.environment !== null
        if (replaced && moving.some(component => component.name === own[labels.component])) kept += 1
        else await access.remove({ apiVersion, kind, namespace, name }, signal)
      }
    }
    return kept
  }

  /** Deletes a namespace that is not wanted any more, then forgets it. */
  async function clear(unit: Unit, namespace: NamespaceRow, signal: AbortSignal): Promise<void> {
    const cluster = placement.cluster(namespace.clusterId)
    // With a cluster went all that was in it.
    if (cluster && cluster.state !== 'deleting') {
      if (!isUp(cluster)) throw new GatewayError('Unavailable', `the cluster ${cluster.name} is ${cluster.state}`)
      const access = await clusters.access(cluster.id)
      if ((await holderOf(access, unit, namespace.name, signal)) === 'unit')
        await access.remove({ apiVersion: 'v1', kind: 'Namespace', name: namespace.name }, signal)
    }
    await forgetNamespace(store.sql, namespace)
    log.info({ namespace: namespace.name, cluster: cluster?.name }, 'the namespace is deleted')
  }

  return {
    reconcile,
    waitsForPods: key => waiting.has(key),
    suspect(key, clusterId) {
      const where = applied.get(key)?.clusterId
      if (clusterId === undefined || where === undefined || where === clusterId) suspects.add(key)
    },
  }
}

/** Whose a namespace in a cluster is, by its labels. */
async function holderOf(
  access: UnitAccess,
  unit: Unit,
  name: string,
  signal: AbortSignal,
): Promise<'nobody' | 'unit' | 'other'> {
  const all = await access.list({ apiVersion: 'v1', kind: 'Namespace' }, signal)
  const found = all.map(metadataOf).find(metadata => metadata.name === name)
  if (!found) return 'nobody'
  const own = Object.entries(unitLabels(unit)).every(([label, value]) => found.labels[label] === value)
  return own ? 'unit' : 'other'
}

function metadataOf(object: Record<string, unknown>): { name: string; labels: Record<string, string> } {
  const metadata = asRecord(object.metadata)
  const texts = Object.entries(asRecord(metadata.labels)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return { name: typeof metadata.name === 'string' ? metadata.name : '', labels: Object.fromEntries(texts) }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
