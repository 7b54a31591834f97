import { type MirrorObject, mayView, type Viewer } from './objects.ts'
import { matchesSelector, parseSelector } from './selectors.ts'

/** Which objects somebody asks for. */
export interface Query<T> {
  viewer: Viewer
  /** Must depend on the object alone. */
  filter?: ((object: Readonly<T>) => boolean) | undefined
  /** Kubernetes' grammar, see selectors.ts. */
  labelSelector?: string | undefined
}

/**
 * What the viewer may see and the query asks for.
 * @throws {GatewayError} InvalidRequest on a malformed labelSelector.
 */
export function matcherOf<T extends MirrorObject>(query: Query<T>): (object: Readonly<T>) => boolean {
  const { viewer, filter } = query
  const selector = parseSelector(query.labelSelector ?? '')
  return object =>
    mayView(viewer, object) && matchesSelector(selector, object.labels) && (filter === undefined || filter(object))
}

/** Whether the query asks for everything that its viewer may see. */
export function isUnfiltered(query: Query<never>): boolean {
  return query.filter === undefined && !query.labelSelector?.trim()
}
