import type { Clock } from '../../clock.ts'
import type { GitReader } from '../../drivers/git/repository.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Store } from '../../store/postgres.ts'
import type { Cluster } from '../clusters/schema.ts'
import type { Table } from '../mirror/mirror.ts'
import { createWorkQueue } from '../queue.ts'
import { createRefWrites, type RefWrites } from '../refs/commands.ts'
import { createGitSystems, type GitSystems } from '../refs/from-git.ts'
import type { Kind } from '../refs/names.ts'
import { createRefReads, type RefReads } from '../refs/reads.ts'
import type { Ref } from '../refs/schema.ts'
import { createSecretBox } from '../refs/secrets.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { Service } from '../services/schema.ts'
import type { ClusterWay } from './access.ts'
import { createPlatformCommands, type PlatformCommands } from './commands.ts'
import { createDeploymentCommands, type DeploymentCommands } from './deployments.ts'
import { createLive, unitOfRelease } from './live.ts'
import { labels, unitKey, unitOfLabels } from './names.ts'
import { createPlacement, type PodSource } from './placement.ts'
import { selectReleases } from './queries/releases.ts'
import { selectUnits } from './queries/units.ts'
import { createUnitReconciler } from './reconciler.ts'

export interface PlatformsOptions {
  store: Store
  keyring: Keyring
  tables: { clusters: Table<Cluster>; services: Table<Service>; refs: Table<Ref> }
  pods: PodSource
  clusters: ClusterWay
  simulated: boolean
  /** The setting KUBEFOX_CLUSTER. */
  defaultCluster: string
  git: GitReader
  /** The setting KUBEFOX_GIT_ALLOWED. */
  gitAllowed: string[]
  clock: Clock
  ids: () => string
  random: () => number
  log: Log
}

/** Configs, environments, systems, platforms, deployments and releases: commands, reads, and what makes them real. */
export interface Platforms {
  refs: RefWrites & RefReads & GitSystems
  platforms: PlatformCommands & DeploymentCommands
  /** Reads all there is and has all of it looked at. */
  load(): Promise<void>
  /** A row was changed by somebody. */
  changed(table: string, id: string): Promise<void>
  /** Begins to follow clusters, pods and services, until the signal aborts. */
  start(signal: AbortSignal): void
  close(): Promise<void>
}

/** Units worked on at once. */
const concurrency = 2
/** How often everything is applied anew, and by how much of that it may come later. Of what changes in a cluster only pods and services are seen. */
const resyncMs = 300_000
const resyncJitter = 0.2

export function createPlatforms(options: PlatformsOptions): Platforms {
  const { store, tables, pods, clusters, clock, ids, random, log } = options
  const box = createSecretBox(options)
  const placement = createPlacement({ clusters: tables.clusters, pods, defaultCluster: options.defaultCluster })
  const live = createLive({ store, table: tables.refs, placement, simulated: options.simulated })
  const reconciler = createUnitReconciler({ store, box, live, placement, clusters, log })
  const queue = createWorkQueue({
    work: reconciler.reconcile,
    onRetry: (unit, error, delayMs) => log.warn({ unit, reason: messageOf(error), delayMs }, 'tried again later'),
    clock,
    random,
    concurrency,
  })
  let resyncing: Promise<void> = Promise.resolve()
  const writes = createRefWrites({ store, box, ids, shown: id => live.refresh([id]), moved })

  async function wakeAll(platform?: string): Promise<void> {
    for (const unit of await selectUnits(store.sql, platform)) queue.add(unitKey(unit))
  }

  /** Releases that follow what has moved: those of a system, or, as environments inherit from others, all. */
  async function moved(kind: Kind, name: string): Promise<void> {
    const rows = await selectReleases(store.sql, kind === 'system' ? { ofSystem: name } : {})
    for (const row of rows) queue.add(unitKey(unitOfRelease(row)))
  }

  function suspect(key: string): void {
    reconciler.suspect(key)
    queue.add(key)
  }

  function podChanged(own: Record<string, string>, { goes }: { goes: boolean }): void {
    const unit = unitOfLabels(own)
    if (!unit) return
    const key = unitKey(unit)
    live.project(key)
    // With its Deployment, perhaps. Pods of CronJobs go all the time.
    if (goes && own[labels.component] !== undefined) suspect(key)
    else if (reconciler.waitsForPods(key)) queue.add(key)
  }

  function serviceChanged(now: Readonly<Service>, before: Readonly<Service> | undefined, gone: boolean): void {
    const unit = unitOfLabels(before?.labels ?? now.labels)
    if (unit && (gone || (before && routing(before) !== routing(now)))) suspect(unitKey(unit))
  }

  function clusterChanged(now: Readonly<Cluster>, before: Readonly<Cluster> | undefined): void {
    if (now.state === before?.state) return
    live.project()
    void recheck(now.id).catch(error => log.warn({ reason: messageOf(error) }, 'could not look at platforms'))
  }

  /** Applies everything anew, or what is in a cluster: it may have been changed by somebody, or lost. */
  async function recheck(clusterId?: string): Promise<void> {
    const keys = (await selectUnits(store.sql)).map(unitKey)
    for (const key of keys) reconciler.suspect(key, clusterId)
    for (const key of keys) queue.add(key)
  }

  async function resync(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(resyncMs * (1 + random() * resyncJitter), signal).catch(() => undefined)
      if (signal.aborted) return
      await recheck().catch(error => log.warn({ reason: messageOf(error) }, 'could not look at platforms'))
    }
  }

  return {
    refs: {
      ...createRefReads({ store, box, log }),
      ...writes,
      ...createGitSystems({ git: options.git, allowed: options.gitAllowed, create: writes.create }),
    },
    platforms: {
      ...createPlatformCommands({ store, box, live, placement, clusters: tables.clusters, ids, wake: wakeAll }),
      ...createDeploymentCommands({ store, live, table: tables.refs, ids, wake: unit => queue.add(unitKey(unit)) }),
    },

    async load() {
      await live.everything()
      await wakeAll()
    },

    async changed(table, id) {
      if (table === 'kubefox_refs') return moved('system', id)
      if (table === 'kubefox_platforms') return live.platforms()
      const before = live.unitOf(id)
      await live.refresh([id])
      const unit = live.unitOf(id) ?? before
      if (unit) queue.add(unitKey(unit))
    },

    start(signal) {
      const ends = [
        pods.subscribe(podChanged),
        tables.services.subscribe(({ type, object, previous }) => serviceChanged(object, previous, type === 'DELETED')),
        tables.clusters.subscribe(({ object, previous }) => clusterChanged(object, previous)),
      ]
      signal.addEventListener('abort', () => ends.forEach(end => void end()), { once: true })
      resyncing = resync(signal)
    },

    async close() {
      await queue.close()
      await Promise.all([live.settled(), resyncing])
    },
  }
}

/** What of a service a change of its endpoints leaves alone. */
function routing({ type, ports, selector, labels: own }: Readonly<Service>): string {
  return JSON.stringify([type, ports, Object.entries(selector).sort(), Object.entries(own).sort()])
}
