import type { TransactionSql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import type { Store } from '../../store/postgres.ts'
import type { Principal } from '../accounts/principal.ts'
import type { Table } from '../mirror/mirror.ts'
import { exists, type Key, keyText, notFound, requireKey } from '../refs/names.ts'
import { hold, insertUse } from '../refs/queries.ts'
import { apiVersion, type Ref } from '../refs/schema.ts'
import { keyViolations } from '../refs/validate.ts'
import { ObjectInvalid } from '../refs/violations.ts'
import { refOf } from './components.ts'
import type { Live } from './live.ts'
import { deploymentPath, releasePath, type Unit } from './names.ts'
import { deleteDeployment, selectDeployments, upsertDeployment } from './queries/deployments.ts'
import { lockPlatform, type PlatformRow, selectPlatforms } from './queries/platforms.ts'
import { deleteRelease, upsertRelease } from './queries/releases.ts'
import type { DeploymentBody, ReleaseBody } from './schema.ts'
import { deployableSystem, releasableSystem, situationOf } from './wanted.ts'

export interface DeploymentCommands {
  /**
   * Deploys a system to a platform; a branch that is deployed already, anew. Errors: InvalidRequest (no key, not
   * registered), NotFound, AlreadyExists, ObjectInvalid.
   */
  deploy(principal: Principal, platform: string, body: DeploymentBody): Promise<DeploymentView>
  /** Keys of a platform's deployments, sorted. Errors: NotFound. */
  deployments(principal: Principal, platform: string): Promise<string[]>
  /** Errors: NotFound. */
  deployment(principal: Principal, platform: string, system: Key): DeploymentView
  removeDeployment(principal: Principal, platform: string, system: Key): Promise<void>
  /**
   * Runs a deployed system in an environment; replaces the release that is there. Errors: ObjectInvalid (also for what
   * Kubernetes cannot express), NotFound.
   */
  release(principal: Principal, platform: string, body: ReleaseBody): Promise<ReleaseView>
  /** `{system}/{environment}`, sorted. Errors: NotFound. */
  releases(principal: Principal, platform: string): Promise<string[]>
  releaseOf(principal: Principal, unit: Unit): ReleaseView
  removeRelease(principal: Principal, unit: Unit): Promise<void>
}

export interface DeploymentView {
  kind: 'Deployment'
  apiVersion: string
  message?: string
  system: string
  status: { ready: boolean; components?: Record<string, { ready: boolean }> }
}

export interface ReleaseView {
  kind: 'Release'
  apiVersion: string
  message?: string
  system: string
  environment: string
  status: { ready: boolean }
}

export interface DeploymentCommandOptions {
  store: Store
  live: Live
  table: Table<Ref>
  ids: () => string
  /** Has a unit looked at. */
  wake(unit: Unit): void
}

export function createDeploymentCommands(options: DeploymentCommandOptions): DeploymentCommands {
  const { store, live, table, ids, wake } = options

  /** The platform of a name, which stays while the transaction goes on. */
  async function requirePlatform(sql: TransactionSql, principal: Principal, name: string): Promise<PlatformRow> {
    await lockPlatform(sql, name, 'key share')
    const [row] = await selectPlatforms(sql, principal, name)
    if (!row) throw notFound(`platform/${name}`)
    return row
  }

  /** What the mirror shows under a path. */
  function requireShown(principal: Principal, path: string): Readonly<Ref> {
    const found = table.byName(path, principal)
    if (!found) throw notFound(path)
    return found
  }

  async function listed(principal: Principal, platform: string, kind: 'deployment' | 'release'): Promise<string[]> {
    const [row] = await selectPlatforms(store.sql, principal, platform)
    if (!row) throw notFound(`platform/${platform}`)
    const prefix = `platform/${platform}/${kind}/`
    const { items } = table.list({ viewer: principal, filter: ref => ref.kind === kind && ref.platform === platform })
    return items.map(({ name }) => name.slice(prefix.length)).sort()
  }

  function viewDeployment(principal: Principal, platform: string, system: Key): DeploymentView {
    const ref = requireShown(principal, deploymentPath(platform, system))
    const message = live.deployment(ref.id)?.message
    const components = ref.components ?? {}
    return {
      kind: 'Deployment',
      apiVersion,
      ...(message ? { message } : {}),
      system: keyText(system),
      status: { ready: ref.ready === true, ...(Object.keys(components).length > 0 ? { components } : {}) },
    }
  }

  function viewRelease(principal: Principal, unit: Unit): ReleaseView {
    const ref = requireShown(principal, releasePath(unit))
    const message = live.release(ref.id)?.message
    return {
      kind: 'Release',
      apiVersion,
      ...(message ? { message } : {}),
      system: ref.system ?? '',
      environment: ref.environment ?? '',
      status: { ready: ref.ready === true },
    }
  }

  return {
    async deploy(principal, platform, { system: text = '', message = '' }) {
      const system = requireKey('system', text)
      const id = await store.transaction(async sql => {
        const { systems } = await requirePlatform(sql, principal, platform)
        if (!Object.hasOwn(systems, system.name))
          throw new GatewayError(
            'InvalidRequest',
            `the system ${system.name} is not registered on platform/${platform}`,
          )
        await hold(sql, 'system', system)
        const { id: systemId, components } = await deployableSystem(sql, principal, system)
        const row = { id: ids(), platform, system, systemId, components: components.map(refOf), message }
        const written = await upsertDeployment(sql, row)
        if (!written) throw exists(deploymentPath(platform, system))
        if (written.generation === 1) await insertUse(sql, { deployment: written.id }, 'system', system)
        return written.id
      })
      await live.refresh([id])
      wake({ platform, system: system.name, environment: null })
      return viewDeployment(principal, platform, system)
    },

    deployments: (principal, platform) => listed(principal, platform, 'deployment'),
    deployment: viewDeployment,

    async removeDeployment(principal, platform, system) {
      const gone = await store.transaction(async sql => {
        const [row] = await selectPlatforms(sql, principal, platform)
        return row && deleteDeployment(sql, platform, system)
      })
      if (gone === undefined) throw notFound(deploymentPath(platform, system))
      await live.refresh([gone])
      wake({ platform, system: system.name, environment: null })
    },

    async release(principal, platform, body) {
      const violations = keyViolations({ system: body.system, environment: body.environment })
      if (violations.length > 0) throw new ObjectInvalid('release', `platform/${platform}/release`, violations)
      const system = requireKey('system', body.system ?? '')
      const environment = releasableEnvironment(body.environment ?? '')
      const unit = { platform, system: system.name, environment: environment.name }
      const id = await store.transaction(async sql => {
        await requirePlatform(sql, principal, platform)
        const deployed = await selectDeployments(sql, { platform, system: system.name })
        if (!deployed.some(row => keyText(row.system) === keyText(system)))
          throw notFound(deploymentPath(platform, system))
        await hold(sql, 'environment', environment)
        await hold(sql, 'system', system)
        const { id: environmentId } = await situationOf(sql, principal, environment)
        const { id: systemId } = await releasableSystem(sql, principal, system)
        const { message = '' } = body
        const written = await upsertRelease(sql, {
          id: ids(),
          platform,
          system,
          environment,
          systemId,
          environmentId,
          message,
        })
        await insertUse(sql, { release: written }, 'system', system)
        await insertUse(sql, { release: written }, 'environment', environment)
        return written
      })
      await live.refresh([id])
      wake(unit)
      return viewRelease(principal, unit)
    },

    releases: (principal, platform) => listed(principal, platform, 'release'),
    releaseOf: viewRelease,

    async removeRelease(principal, unit) {
      const gone = await store.transaction(async sql => {
        const [row] = await selectPlatforms(sql, principal, unit.platform)
        return row && deleteRelease(sql, unit)
      })
      if (gone === undefined) throw notFound(releasePath(unit))
      await live.refresh([gone])
      wake(unit)
    },
  }
}

function releasableEnvironment(text: string): Key & { type: 'head' | 'id' | 'tag' } {
  const { name, type, ref } = requireKey('environment', text)
  // Environments have no branches.
  return { name, type: type === 'branch' ? 'head' : type, ref }
}
