import { setImmediate as turn } from 'node:timers/promises'
import { isObject, type JsonObject, objectAt, textAt } from '../../../../src/drivers/kubernetes/objects.ts'
import { createFakeWatch, type FakeWatch } from './fake-watch.ts'
import { createRecorder, type Recorder } from './recorder.ts'

/** Plays an API server in memory: lists in pages, watches with history, creates, patches, deletes, evicts. */
export interface FakeApiServer {
  handle(request: ApiRequest): ApiAnswer
  /** Answers in place of the server as long as it is set; undefined leaves a request to the server. */
  intercept: ((request: ApiRequest) => ApiAnswer | undefined) | undefined
  version: { major: string; minor: string }
  readonly requests: Recorder<ApiRequest>
  /** Watches in the order in which they were opened. */
  readonly watches: Recorder<FakeWatch>
  /** Makes or changes an object and tells the watches; `metadata` is completed. Gives what is stored. */
  put(collection: string, object: JsonObject): JsonObject
  /** Changes the collection behind the watches' backs, as if their events were lost. */
  silently(change: () => void): void
  remove(collection: string, key: string): void
  get(collection: string, key: string): JsonObject | undefined
  /** Forgets history: watches from before now get 410. */
  compact(): void
  /** Continue tokens that were given out get 410. */
  expirePages(): void
  /** Decides whether a pod may be evicted now. */
  mayEvict: (pod: JsonObject) => boolean
  /** Whether an evicted pod is gone at once; else it stays, terminating, until `remove`. */
  evictAtOnce: boolean
}

export interface ApiRequest {
  method: string
  path: string
  query: URLSearchParams
  contentType: string
  body: unknown
}

export type ApiAnswer =
  | { status: number; body: unknown; headers?: Record<string, string> }
  | { watch: FakeWatch }
  | { stream: AsyncIterable<Uint8Array> }
  | 'hang'
  | 'reset'

interface Resource {
  root: string
  plural: string
  kind: string
  namespaced: boolean
}

const resources: Resource[] = [
  { root: '/api/v1', plural: 'nodes', kind: 'Node', namespaced: false },
  { root: '/api/v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
  { root: '/api/v1', plural: 'pods', kind: 'Pod', namespaced: true },
  { root: '/api/v1', plural: 'services', kind: 'Service', namespaced: true },
  { root: '/api/v1', plural: 'endpoints', kind: 'Endpoints', namespaced: true },
  { root: '/api/v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true },
  { root: '/api/v1', plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true },
  { root: '/apis/discovery.k8s.io/v1', plural: 'endpointslices', kind: 'EndpointSlice', namespaced: true },
  { root: '/apis/apps/v1', plural: 'deployments', kind: 'Deployment', namespaced: true },
  { root: '/apis/storage.k8s.io/v1', plural: 'storageclasses', kind: 'StorageClass', namespaced: false },
  { root: '/apis/rbac.authorization.k8s.io/v1', plural: 'clusterroles', kind: 'ClusterRole', namespaced: false },
]

export function status(code: number, reason: string, message: string, more: JsonObject = {}): ApiAnswer {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...more },
  }
}

const ok = (body: unknown, code = 200): ApiAnswer => ({ status: code, body })

const pathPattern =
  /^(?<root>\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<sub>[^/]+))?$/

export function createFakeApiServer(): FakeApiServer {
  const collections = new Map<string, Map<string, JsonObject>>()
  const history: { version: number; collection: string; type: string; object: JsonObject }[] = []
  let version = 100
  let compactedAt = 0
  let pageEra = 0
  let silent = false

  const collectionOf = (path: string) => {
    const found = collections.get(path) ?? new Map<string, JsonObject>()
    collections.set(path, found)
    return found
  }

  function record(type: string, collection: string, object: JsonObject): void {
    if (silent) return
    history.push({ version, collection, type, object })
    for (const watch of server.watches.all) {
      if (watch.collection === collection) watch.event(type, object)
    }
  }

  function store(collection: string, object: JsonObject): JsonObject {
    const key = keyOf(object)
    const before = collectionOf(collection).get(key)
    version += 1
    const uid = textAt(object, 'metadata', 'uid') || textAt(before, 'metadata', 'uid') || `uid-${version}`
    const stored = { ...object, metadata: { ...objectAt(object, 'metadata'), uid, resourceVersion: String(version) } }
    collectionOf(collection).set(key, stored)
    record(before ? 'MODIFIED' : 'ADDED', collection, stored)
    return stored
  }

  function discard(collection: string, key: string): void {
    const object = collectionOf(collection).get(key)
    if (!object) return
    version += 1
    collectionOf(collection).delete(key)
    record('DELETED', collection, {
      ...object,
      metadata: { ...objectAt(object, 'metadata'), resourceVersion: String(version) },
    })
  }

  function list(collection: string, query: URLSearchParams, namespace?: string): ApiAnswer {
    const token = query.get('continue')
    const [era, after = ''] = token?.split('|') ?? []
    if (token && Number(era) !== pageEra) {
      return status(410, 'Expired', 'The provided continue parameter is too old')
    }
    const limit = Number(query.get('limit') ?? Number.POSITIVE_INFINITY)
    const matches = selectorOf(query, namespace)
    const all = [...collectionOf(collection)]
      .filter(([key, object]) => key > after && matches(object))
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const page = all.slice(0, limit)
    const rest = all.length > page.length ? `${pageEra}|${page.at(-1)?.[0]}` : ''
    const metadata = { resourceVersion: String(version), ...(rest !== '' && { continue: rest }) }
    return ok({ kind: 'List', apiVersion: 'v1', metadata, items: page.map(([, object]) => object) })
  }

  function openWatch(collection: string, query: URLSearchParams): ApiAnswer {
    const from = Number(query.get('resourceVersion'))
    if (from < compactedAt) return status(410, 'Expired', `too old resource version: ${from} (${compactedAt})`)
    const watch = createFakeWatch(collection, query)
    for (const past of history) {
      if (past.collection === collection && past.version > from) watch.event(past.type, past.object)
    }
    server.watches.push(watch)
    return { watch }
  }

  function evict(pod: JsonObject, key: string, body: unknown): ApiAnswer {
    const apiVersion = textAt(body, 'apiVersion')
    const offered = Number.parseInt(server.version.minor, 10) < 22 ? 'policy/v1beta1' : 'policy/v1'
    if (apiVersion !== offered) return status(400, 'BadRequest', `no kind Eviction in ${apiVersion}`)
    const uid = textAt(body, 'deleteOptions', 'preconditions', 'uid')
    if (uid !== '' && uid !== textAt(pod, 'metadata', 'uid')) return status(409, 'Conflict', 'the UID does not match')
    if (!server.mayEvict(pod)) {
      return status(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.")
    }
    if (server.evictAtOnce) discard('/api/v1/pods', key)
    else store('/api/v1/pods', mergePatch(pod, { metadata: { deletionTimestamp: '2026-11-21T00:00:00Z' } }))
    return ok({ kind: 'Status', status: 'Success' }, 201)
  }

  function answer(request: ApiRequest): ApiAnswer {
    const { method, path, query, body } = request
    if (path === '/livez') return ok('ok')
    if (path === '/version') return ok(server.version)
    const offered = resources.filter(resource => resource.root === path)
    if (offered.length > 0) {
      const names = offered.map(({ plural, kind, namespaced }) => ({ name: plural, kind, namespaced }))
      return ok({ kind: 'APIResourceList', resources: [...names, { name: 'pods/eviction', kind: 'Eviction' }] })
    }
    const { root, namespace, plural, name, sub } = pathPattern.exec(path)?.groups ?? {}
    const resource = resources.find(resource => resource.root === root && resource.plural === plural)
    if (!resource) return status(404, 'NotFound', 'the server could not find the requested resource')
    const collection = `${root}/${plural}`
    if (name === undefined) {
      if (method === 'GET')
        return query.get('watch') === 'true' ? openWatch(collection, query) : list(collection, query, namespace)
      const object = withNamespace(body, resource.namespaced ? namespace : undefined)
      if (collectionOf(collection).has(keyOf(object))) return status(409, 'AlreadyExists', `${path} already exists`)
      return ok(store(collection, object), 201)
    }
    const key = namespace === undefined ? name : `${namespace}/${name}`
    const found = collectionOf(collection).get(key)
    if (!found && request.contentType === 'application/apply-patch+yaml') {
      return ok(store(collection, withNamespace(body, resource.namespaced ? namespace : undefined)), 201)
    }
    if (!found) return status(404, 'NotFound', `${plural} "${name}" not found`)
    if (sub === 'eviction') return evict(found, key, body)
    if (method === 'GET') return ok(found)
    if (method === 'PATCH') return ok(store(collection, mergePatch(found, body)))
    discard(collection, key)
    return ok(found)
  }

  const server: FakeApiServer = {
    intercept: undefined,
    version: { major: '1', minor: '34' },
    requests: createRecorder(),
    watches: createRecorder(),
    mayEvict: () => true,
    evictAtOnce: true,
    put: store,
    remove: discard,
    get: (collection, key) => collectionOf(collection).get(key),
    silently(change) {
      silent = true
      change()
      silent = false
    },
    compact() {
      history.length = 0
      compactedAt = version
    },
    expirePages() {
      pageEra += 1
    },
    handle(request) {
      server.requests.push(request)
      return server.intercept?.(request) ?? answer(request)
    },
  }
  return server
}

/** Resolves with the first request, past ones that a test already took left out, that the condition holds for. */
export async function requestWhere(
  server: FakeApiServer,
  holds: (request: ApiRequest) => boolean,
): Promise<ApiRequest> {
  for (;;) {
    const request = await server.requests.next()
    if (holds(request)) return request
    await turn()
  }
}

/** By namespace, label, node and name, as far as the tests go. */
function selectorOf(query: URLSearchParams, namespace?: string): (object: JsonObject) => boolean {
  const field = query.get('fieldSelector') ?? ''
  const node = /^spec\.nodeName=(.*)$/.exec(field)?.[1]
  const name = /^metadata\.name=(.*)$/.exec(field)?.[1]
  const [label = '', value] = (query.get('labelSelector') ?? '').split('=')
  return object =>
    (namespace === undefined || textAt(object, 'metadata', 'namespace') === namespace) &&
    (node === undefined || textAt(object, 'spec', 'nodeName') === node) &&
    (name === undefined || textAt(object, 'metadata', 'name') === name) &&
    (value === undefined || textAt(object, 'metadata', 'labels', label) === value)
}

function keyOf(object: JsonObject): string {
  const namespace = textAt(object, 'metadata', 'namespace')
  const name = textAt(object, 'metadata', 'name')
  return namespace === '' ? name : `${namespace}/${name}`
}

function withNamespace(body: unknown, namespace: string | undefined): JsonObject {
  const object = isObject(body) ? body : {}
  return namespace === undefined ? object : mergePatch(object, { metadata: { namespace } })
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): JsonObject {
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(isObject(patch) ? patch : {})) {
    if (value === null) delete result[key]
    else result[key] = isObject(value) ? mergePatch(result[key], value) : value
  }
  return result
}
