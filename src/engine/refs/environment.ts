import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import { type Key, keyText, parseKey } from './names.ts'
import { type Database, everyone, type InstanceRow, selectInstance } from './queries.ts'
import type { EnvironmentBody, Var } from './schema.ts'

/** The most environments that one can have above it. */
export const mostAncestors = 32

/** An environment with the ancestors that it inherits from, the nearest first. */
export interface Chain {
  own: InstanceRow
  all: { id: string; name: string; body: EnvironmentBody }[]
}

/** What an environment comes to: its ancestors' variables with its own laid over them. */
export interface Effective {
  vars: Record<string, Var>
  app: Record<string, Var>
  route: Record<string, Var>
  /** Its own config, or the nearest ancestor's. */
  config: Key | undefined
}

/**
 * An environment and its ancestors as they are now: heads float. Undefined when there is no such environment. Throws
 * InvalidRequest for a cycle, and for an ancestor that is missing.
 */
export async function chainOf(sql: Database, principal: Principal, key: Key): Promise<Chain | undefined> {
  const own = await selectInstance(sql, principal, 'environment', key)
  if (!own) return undefined
  const all: Chain['all'] = []
  const seen = new Set<string>()
  for (let next: InstanceRow = own; ; ) {
    const place = `environment/${next.name}/id/${next.id}`
    if (seen.has(place)) throw new GatewayError('InvalidRequest', `${place} inherits from itself`)
    if (seen.size > mostAncestors)
      throw new GatewayError('InvalidRequest', `${place} has more than ${mostAncestors} environments above it`)
    seen.add(place)
    const body: EnvironmentBody = JSON.parse(next.body)
    all.push({ id: next.id, name: next.name, body })
    if (!body.inherits) return { own, all }
    next = await parentOf(sql, body.inherits)
  }
}

async function parentOf(sql: Database, inherits: string): Promise<InstanceRow> {
  const key = parseKey('environment', inherits)
  // Whoever made the child was allowed to see the parent.
  const found = key && (await selectInstance(sql, everyone, 'environment', key))
  if (!found) throw new GatewayError('InvalidRequest', `resource not found: environment/${inherits}`)
  return found
}

export function effectiveOf({ all }: Chain): Effective {
  const merged = (pick: (body: EnvironmentBody) => Record<string, Var> | undefined) =>
    all.reduceRight<Record<string, Var>>((sum, { body }) => Object.assign(sum, pick(body)), Object.create(null))
  const config = all.find(({ body }) => body.config)?.body.config
  return {
    vars: merged(body => body.vars),
    app: merged(body => body.app?.vars),
    route: merged(body => body.route?.vars),
    config: config === undefined ? undefined : parseKey('config', config),
  }
}

/** The body of an environment with what it inherits. */
export function effectiveBody(chain: Chain): EnvironmentBody {
  const [own] = chain.all
  const { vars, app, route, config } = effectiveOf(chain)
  const filled = (map: Record<string, Var>) => Object.keys(map).length > 0
  return {
    ...own?.body,
    ...(filled(vars) ? { vars } : {}),
    ...(filled(app) ? { app: { vars: app } } : {}),
    ...(filled(route) ? { route: { vars: route } } : {}),
    ...(config ? { config: keyText(config) } : {}),
  }
}
