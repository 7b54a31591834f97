import type { Route, SystemBody } from '../refs/schema.ts'
import type { Place, Violation } from '../refs/violations.ts'

/** A component of a system at a commit; `key` is `{name}-{hash}`. */
export interface ComponentRef {
  key: string
  name: string
  /** The first seven digits of its commit. */
  hash: string
  image: string
}

export interface RoutedComponent extends ComponentRef {
  routes: { route: Route; at: Place[] }[]
}

/** A name of Services and Deployments (RFC 1035), of a length that leaves room for what is put behind it. */
const componentName = /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/

/** The distinct components over all apps of a system, with the routes of all of them; sorted by key. */
export function componentsOf({ apps = {} }: SystemBody): RoutedComponent[] {
  const found = new Map<string, RoutedComponent>()
  for (const [app, { components = {} }] of Object.entries(apps)) {
    for (const [name, { gitHash = '', image = '', routes = [] }] of Object.entries(components)) {
      const hash = gitHash.slice(0, 7)
      const key = `${name}-${hash}`
      const component = found.get(key) ?? { key, name, hash, image, routes: [] }
      found.set(key, component)
      const at: Place[] = ['apps', { key: app }, 'components', { key: name }, 'routes']
      component.routes.push(...routes.map((route, index) => ({ route, at: [...at, index] })))
    }
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** Components whose names cannot be names in Kubernetes. */
export function nameViolations({ apps = {} }: SystemBody): Violation[] {
  return Object.entries(apps).flatMap(([app, { components = {} }]) =>
    Object.keys(components)
      .filter(name => !componentName.test(name))
      .map(name => ({
        path: ['apps', { key: app }, 'components', { key: name }],
        rule: 'componentName' as const,
        value: name,
        expected: '1 to 30 of a-z, 0-9 and -, a letter first',
      })),
  )
}

export function refOf({ key, name, hash, image }: ComponentRef): ComponentRef {
  return { key, name, hash, image }
}

/** The name of a component's Service: its own, unless the system has it at several commits. */
export function serviceNames(components: ComponentRef[]): Map<string, string> {
  const counts = Map.groupBy(components, component => component.name)
  return new Map(components.map(({ key, name }) => [key, counts.get(name)?.length === 1 ? name : key]))
}
