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
import type { ClusterWay } from './access.ts'
import { createPlatformCommands, type PlatformCommands } from './commands.ts'
import { createDeploymentCommands, type DeploymentCommands } from './deployments.ts'
import { createLive, unitOfRelease } from './live.ts'
import { labels, unitKey } from './names.ts'
import { createPlacement, type PodSource } from './placement.ts'
import { selectReleases } from './queries/releases.ts'
import { selectUnits } from './queries/units.ts'
import { createUnitReconciler } from './reconciler.ts'

export interface PlatformsOptions {
  store: Store
  keyring: Keyring
  tables: { clusters: Table<Cluster>; refs: Table<Ref> }
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
  /** Begins to follow clusters and pods, until the signal aborts. */
  start(signal: AbortSignal): void
  close(): Promise<void>
}

/** Units worked on at once. */
const concurrency = 2

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
  const writes = createRefWrites({ store, box, ids, shown: id => live.refresh([id]), moved })

  async function wakeAll(platform?: string): Promise<void> {
    for (const unit of await selectUnits(store.sql, platform)) queue.add(unitKey(unit))
  }

  /** Releases that follow what has moved: those of a system, or, as environments inherit from others, all. */
  async function moved(kind: Kind, name: string): Promise<void> {
    const rows = await selectReleases(store.sql, kind === 'system' ? { ofSystem: name } : {})
    for (const row of rows) queue.add(unitKey(unitOfRelease(row)))
  }

  function podChanged(own: Record<string, string>): void {
    const { [labels.platform]: platform, [labels.system]: system, [labels.environment]: environment = null } = own
    if (platform === undefined || system === undefined) return
    const key = unitKey({ platform, system, environment })
    live.project(key)
    if (reconciler.waitsForPods(key)) queue.add(key)
  }

  function clusterChanged(now: Readonly<Cluster>, before: Readonly<Cluster> | undefined): void {
    if (now.state === before?.state) return
    reconciler.forget(now.id)
    live.project()
    void wakeAll().catch(error => log.warn({ reason: messageOf(error) }, 'could not look at platforms'))
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
        tables.clusters.subscribe(({ object, previous }) => clusterChanged(object, previous)),
      ]
      signal.addEventListener('abort', () => ends.forEach(end => void end()), { once: true })
    },

    async close() {
      await queue.close()
      await live.settled()
    },
  }
}
