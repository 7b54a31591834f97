import { createHash } from 'node:crypto'
import type { Principal } from '../accounts/principal.ts'
import { chainOf, effectiveOf } from '../refs/environment.ts'
import type { Key } from '../refs/names.ts'
import { notFound, pathOf } from '../refs/names.ts'
import { type Database, everyone, selectInstance } from '../refs/queries.ts'
import type { SystemBody, Var } from '../refs/schema.ts'
import type { SecretBox, Secrets } from '../refs/secrets.ts'
import { ObjectInvalid, type Violation } from '../refs/violations.ts'
import { componentsOf, nameViolations, type RoutedComponent } from './components.ts'
import type { Surroundings } from './objects.ts'
import { type CompiledRoutes, compileRoutes } from './routes/compile.ts'

/** A system as it can be released. */
export interface ReleasableSystem {
  id: string
  components: RoutedComponent[]
  routes: Map<string, CompiledRoutes>
}

/** The system of a key with its components. Errors: NotFound; ObjectInvalid (names that Kubernetes does not take). */
export async function deployableSystem(
  sql: Database,
  principal: Principal,
  key: Key,
): Promise<{ id: string; components: RoutedComponent[] }> {
  const row = await selectInstance(sql, principal, 'system', key)
  if (!row) throw notFound(pathOf('system', key))
  const body: SystemBody = JSON.parse(row.body)
  refuse('system', pathOf('system', key), nameViolations(body))
  return { id: row.id, components: componentsOf(body) }
}

/** The same with its routes. Errors: also ObjectInvalid for routes that Kubernetes cannot express. */
export async function releasableSystem(sql: Database, principal: Principal, key: Key): Promise<ReleasableSystem> {
  const system = await deployableSystem(sql, principal, key)
  const { routes, violations } = compileRoutes(system.components)
  refuse('system', pathOf('system', key), violations)
  return { ...system, routes }
}

/** What an environment comes to for components. */
export interface Situation {
  id: string
  variables: Record<string, string>
  /** The instance whose secrets they get, sealed. */
  config: { name: string; id: string; secrets: string | null; names: string[] } | undefined
}

/** As KubeFox's components read them: from the process's environment. */
const variableName = /^[-._a-zA-Z][-._a-zA-Z0-9]{0,252}$/

/** The environment of a key. Errors: NotFound; ObjectInvalid (names that no variable can have); InvalidRequest. */
export async function situationOf(sql: Database, principal: Principal, key: Key): Promise<Situation> {
  const path = pathOf('environment', key)
  const chain = await chainOf(sql, principal, key)
  if (!chain) throw notFound(path)
  const { vars, app, config: configKey } = effectiveOf(chain)
  const config = configKey && (await selectInstance(sql, everyone, 'config', configKey))
  const secretNames: string[] = config ? Object.keys(JSON.parse(config.body).secrets ?? {}) : []
  refuse('environment', path, [
    ...nameFaults(Object.keys(vars), ['vars']),
    ...nameFaults(Object.keys(app), ['app', 'vars']),
    ...nameFaults(secretNames, ['config', 'secrets']),
  ])
  return {
    id: chain.own.id,
    variables: texts({ ...vars, ...app }),
    config: config && { name: config.name, id: config.id, secrets: config.secrets, names: secretNames },
  }
}

function nameFaults(names: string[], at: string[]): Violation[] {
  return names
    .filter(name => !variableName.test(name))
    .map(name => ({
      path: [...at, { key: name }],
      rule: 'variableName' as const,
      value: name,
      expected: 'letters, digits, -, _ and ., no digit first',
    }))
}

function refuse(of: string, path: string, violations: Violation[]): void {
  if (violations.length > 0) throw new ObjectInvalid(of, path, violations)
}

/** What components of a release run in, secrets opened. Rejects with SealError. */
export async function surroundingsOf({ variables, config }: Situation, box: SecretBox): Promise<Surroundings> {
  const secrets = config?.secrets ? texts(await box.open(config, config.secrets)) : {}
  // Values of secrets stay out of it: instances never change, so the config's id stands for them.
  const revision = createHash('sha256')
    .update(JSON.stringify([Object.entries(variables).sort(), config?.name, config?.id]))
    .digest('hex')
    .slice(0, 16)
  return { variables, secrets, revision }
}

/** Texts as they are, everything else as JSON. */
function texts(values: Record<string, Var> | Secrets): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}
