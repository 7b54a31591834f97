import type { Store } from '../../store/postgres.ts'
import { storeUnavailable, unavailable } from '../../store/unavailable.ts'
import { createBatches } from '../batches.ts'
import type { Table, Unversioned } from '../mirror/mirror.ts'
import { keyText } from '../refs/names.ts'
import { everyone, type ResourceRow, selectResources } from '../refs/queries.ts'
import type { Ref } from '../refs/schema.ts'
import type { ComponentRef } from './components.ts'
import { deploymentPath, namespaceOf, releasePath, type Unit, unitKey } from './names.ts'
import type { Placement } from './placement.ts'
import { type DeploymentRow, selectDeployments } from './queries/deployments.ts'
import { type PlatformRow, selectPlatforms } from './queries/platforms.ts'
import { type ReleaseRow, selectReleases } from './queries/releases.ts'

/** What the reconciler has found out about a unit. */
export interface UnitNote {
  /** Why it is not as it shall be; empty where it is. */
  message: string
  /** The components of a release as they run now, and their revision. */
  components?: ComponentRef[]
  revision?: string
}

/** The store's resources, deployments and releases beside what runs of them, in the mirror. */
export interface Live {
  /** Reads what has one of these ids anew; whoever reads the mirror after this sees it. */
  refresh(ids: string[]): Promise<void>
  /** Reads platforms anew. */
  platforms(): Promise<void>
  everything(): Promise<void>
  /** The unit of the deployment or release that has this id. */
  unitOf(id: string): Unit | undefined
  deployment(id: string): DeploymentRow | undefined
  release(id: string): ReleaseRow | undefined
  /** Whether all deployments of a system on a platform are ready. */
  isReady(platform: string, system: string): boolean
  /** Shows what is known of a unit from now on. */
  note(unit: Unit, note: UnitNote): void
  /** Shows a unit, or all, as they are now. */
  project(unit?: string): void
  settled(): Promise<void>
}

export interface LiveOptions {
  store: Store
  table: Table<Ref>
  placement: Placement
  simulated: boolean
}

export function createLive({ store, table, placement, simulated }: LiveOptions): Live {
  const platforms = new Map<string, PlatformRow>()
  const deployments = new Map<string, DeploymentRow>()
  const releases = new Map<string, ReleaseRow>()
  const notes = new Map<string, UnitNote>()

  // One read at a time: an older answer never replaces a newer one.
  const batches = createBatches<string[] | 'all'>(async wanted => {
    try {
      await read(wanted.includes('all') ? undefined : wanted.flatMap(ids => (ids === 'all' ? [] : ids)))
    } catch (error) {
      throw storeUnavailable(error) ? unavailable(error) : error
    }
  })

  async function read(ids: string[] | undefined): Promise<void> {
    replace(platforms, await selectPlatforms(store.sql, everyone), undefined, row => row.name)
    if (ids?.length === 0) return project()
    const of = ids === undefined ? {} : { ids }
    const [resources, someDeployments, someReleases] = await Promise.all([
      selectResources(store.sql, ids),
      selectDeployments(store.sql, of),
      selectReleases(store.sql, of),
    ])
    replace(deployments, someDeployments, ids)
    replace(releases, someReleases, ids)
    const shown = [
      ...resources.map(viewResource),
      ...someDeployments.map(viewDeployment),
      ...someReleases.map(viewRelease),
    ]
    if (ids === undefined) return table.replace(shown)
    for (const ref of shown) table.apply(ref)
    for (const id of ids) if (!shown.some(ref => ref.id === id)) table.remove(id)
  }

  function placeOf(unit: Unit): { cluster: string | null; namespace: string; note: UnitNote } {
    const platform = platforms.get(unit.platform)
    const cluster = platform && placement.clusterOf(platform)
    const known = notes.get(unitKey(unit))
    const message = cluster ? (known?.message ?? '') : 'the platform has no cluster'
    return { cluster: cluster?.name ?? null, namespace: namespaceOf(unit), note: { ...known, message } }
  }

  function readiness(unit: Unit, components: ComponentRef[], { cluster, note }: ReturnType<typeof placeOf>) {
    const all = components.map(component => {
      const ready = cluster !== null && placement.isReady(unit, cluster, component, note.revision)
      return [component.key, { ready }] as const
    })
    return {
      ready: cluster !== null && note.message === '' && all.every(([, { ready }]) => ready),
      components: Object.fromEntries(all),
    }
  }

  function viewDeployment(row: DeploymentRow): Unversioned<Ref> {
    const unit = unitOfDeployment(row)
    const place = placeOf(unit)
    return {
      ...blank(row),
      kind: 'deployment',
      name: deploymentPath(row.platform, row.system),
      platform: row.platform,
      system: keyText(row.system),
      systemId: row.systemId,
      cluster: place.cluster,
      namespace: place.namespace,
      ...readiness(unit, row.components, place),
      message: place.note.message,
    }
  }

  function viewRelease(row: ReleaseRow): Unversioned<Ref> {
    const unit = unitOfRelease(row)
    const place = placeOf(unit)
    const { components } = place.note
    const seen = readiness(unit, components ?? [], place)
    return {
      ...blank(row),
      kind: 'release',
      name: releasePath(unit),
      platform: row.platform,
      system: keyText(row.system),
      systemId: row.systemId,
      environment: keyText(row.environment),
      environmentId: row.environmentId,
      cluster: place.cluster,
      namespace: place.namespace,
      ...seen,
      // What has not been worked on yet is not ready.
      ready: components !== undefined && seen.ready,
      message: [place.note.message, row.failure ?? ''].filter(text => text !== '').join('; '),
    }
  }

  function blank({ id, owner, createdAt, generation }: DeploymentRow | ReleaseRow | ResourceRow) {
    return {
      id,
      owner,
      title: null,
      description: null,
      head: null,
      platform: null,
      system: null,
      systemId: null,
      environment: null,
      environmentId: null,
      cluster: null,
      namespace: null,
      ready: null,
      components: null,
      message: '',
      simulated,
      metadata: { createdAt: createdAt.toISOString(), generation },
    }
  }

  function viewResource(row: ResourceRow): Unversioned<Ref> {
    const { kind, name, title, description, head } = row
    return { ...blank(row), kind, name: `${kind}/${name}`, title, description, head }
  }

  function project(unit?: string): void {
    for (const row of deployments.values())
      if (unit === undefined || unit === unitKey(unitOfDeployment(row))) table.apply(viewDeployment(row))
    for (const row of releases.values())
      if (unit === undefined || unit === unitKey(unitOfRelease(row))) table.apply(viewRelease(row))
  }

  return {
    refresh: ids => batches.add(ids),
    platforms: () => batches.add([]),
    everything: () => batches.add('all'),
    unitOf(id) {
      const [deployment, release] = [deployments.get(id), releases.get(id)]
      if (deployment) return unitOfDeployment(deployment)
      return release && unitOfRelease(release)
    },
    deployment: id => deployments.get(id),
    release: id => releases.get(id),
    isReady: (platform, system) =>
      [...deployments.values()]
        .filter(row => row.platform === platform && row.system.name === system)
        .every(row => table.get(row.id)?.ready === true),
    note(unit, note) {
      notes.set(unitKey(unit), note)
      project(unitKey(unit))
    },
    project,
    settled: batches.settled,
  }
}

export function unitOfRelease({ platform, system, environment }: ReleaseRow): Unit {
  return { platform, system: system.name, environment: environment.name }
}

function unitOfDeployment({ platform, system }: DeploymentRow): Unit {
  return { platform, system: system.name, environment: null }
}

/** Takes in rows that were read: those of some ids, where a missing one is gone, or all. */
function replace<T extends { id: string }>(
  map: Map<string, T>,
  rows: T[],
  ids: string[] | undefined,
  keyOf: (row: T) => string = row => row.id,
): void {
  if (ids === undefined) map.clear()
  else for (const id of ids) map.delete(id)
  for (const row of rows) map.set(keyOf(row), row)
}
