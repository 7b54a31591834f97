import { parseAllDocuments } from 'yaml'
import type { Clock } from '../../clock.ts'
import { hasStatus, isTransient, KubernetesError } from './errors.ts'
import { isObject, type JsonObject, listAt, objectAt, textAt } from './objects.ts'
import { forEachLimit } from './parallel.ts'
import { retry } from './retry.ts'
import type { KubernetesTransport } from './transport.ts'

export interface ApplyOptions {
  clock: Clock
  /** Bounds the retries: while it has not aborted, an API server that is still coming up is asked again. */
  signal: AbortSignal
}

/** An object as a manifest states it. */
interface Manifest {
  apiVersion: string
  kind: string
  name: string
  namespace: string
  object: JsonObject
}

const fieldManager = 'kindgate'
const concurrency = 8
const longestDelayMs = 1_000

/**
 * Makes the objects of a YAML text with any number of documents, as `kubectl apply` does, and can be repeated: what is
 * there already is brought in line by server-side apply. Namespaces and custom resource definitions go first, then what
 * others build upon, then pods and what makes them; within each of these, objects are sent side by side. Objects
 * without a namespace go to `default` where their kind needs one.
 *
 * No answer, 403, 404, 429 and 5xx are tried again until the signal aborts, since that is what a control plane gives
 * while it comes up. Rejects when the text is no manifest, before anything is sent, and with KubernetesError when the
 * API server finds an object invalid.
 */
export async function applyManifests(
  transport: KubernetesTransport,
  yaml: string,
  { clock, signal }: ApplyOptions,
): Promise<void> {
  const manifests = readManifests(yaml)
  const resources = createResourceFinder(transport, signal)
  const apply = (manifest: Manifest): Promise<void> =>
    retry({
      what: `applying ${describe(manifest)}`,
      clock,
      signal,
      delayMs: failures => Math.min(longestDelayMs, 25 * 2 ** failures),
      isRetryable: error => isTransient(error) || hasStatus(error, 403, 404),
      attempt: async () => applyOne(transport, await resources(manifest), manifest, signal),
    })
  for (const stage of stagesOf(manifests)) await forEachLimit(stage, concurrency, apply)
}

async function applyOne(
  transport: KubernetesTransport,
  collection: string,
  { name, object }: Manifest,
  signal: AbortSignal,
): Promise<void> {
  try {
    await transport.request({ method: 'POST', path: collection, query: { fieldManager }, body: object, signal })
  } catch (error) {
    if (!hasStatus(error, 409)) throw error
    await transport.request({
      method: 'PATCH',
      path: `${collection}/${encodeURIComponent(name)}`,
      query: { fieldManager, force: true },
      contentType: 'application/apply-patch+yaml', // JSON is YAML
      body: object,
      signal,
    })
  }
}

/** Finds the path of the collection that an object belongs to, by asking each group version once for its resources. */
function createResourceFinder(transport: KubernetesTransport, signal: AbortSignal) {
  const known = new Map<string, Promise<unknown[]>>()

  function resourcesOf(groupVersion: string, root: string): Promise<unknown[]> {
    const asked = known.get(groupVersion)
    if (asked) return asked
    const answer = transport.request({ path: root, signal }).then(list => listAt(list, 'resources'))
    known.set(groupVersion, answer)
    answer.catch(() => known.delete(groupVersion))
    return answer
  }

  return async ({ apiVersion, kind, namespace }: Manifest): Promise<string> => {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const resource = (await resourcesOf(apiVersion, root)).find(
      resource => textAt(resource, 'kind') === kind && !textAt(resource, 'name').includes('/'),
    )
    if (!isObject(resource)) {
      known.delete(apiVersion) // a definition may just be on its way
      throw new KubernetesError({ status: 404, reason: 'NotFound', message: `no kind ${kind} in ${apiVersion}` })
    }
    const name = textAt(resource, 'name')
    return resource.namespaced === true ? `${root}/namespaces/${namespace}/${name}` : `${root}/${name}`
  }
}

const first = new Set(['Namespace', 'CustomResourceDefinition'])
const groupsWithoutWorkloads = ['rbac.authorization.k8s.io', 'storage.k8s.io', 'scheduling.k8s.io', 'policy']

/** Everything in the order that it has to be made in; what one stage holds may be made side by side. */
function stagesOf(manifests: Manifest[]): Manifest[][] {
  const stages: [Manifest[], Manifest[], Manifest[]] = [[], [], []]
  for (const manifest of manifests) stages[stageOf(manifest)].push(manifest)
  return stages
}

function stageOf({ apiVersion, kind }: Manifest): 0 | 1 | 2 {
  if (first.has(kind)) return 0
  const [group = '', version] = apiVersion.split('/')
  const supporting = version === undefined ? kind !== 'Pod' : groupsWithoutWorkloads.includes(group)
  return supporting && kind !== 'ReplicationController' ? 1 : 2
}

function readManifests(yaml: string): Manifest[] {
  // sigs.k8s.io/yaml, which kubectl reads with, keeps to YAML 1.1: 0644 is octal
  const documents = parseAllDocuments(yaml, { version: '1.1' })
  return documents.flatMap((document, index) => {
    const [error] = document.errors
    if (error) throw new Error(`the manifest is not YAML: ${error.message}`)
    return objectsOf(document.toJS(), index + 1)
  })
}

function objectsOf(value: unknown, document: number): Manifest[] {
  if (value === null || value === undefined) return []
  const apiVersion = textAt(value, 'apiVersion')
  const kind = textAt(value, 'kind')
  if (kind === 'List' && apiVersion === 'v1') return listAt(value, 'items').flatMap(item => objectsOf(item, document))
  const metadata = objectAt(value, 'metadata')
  const name = textAt(metadata, 'name')
  if (!isObject(value) || apiVersion === '' || kind === '' || name === '') {
    throw new Error(`document ${document} of the manifest needs apiVersion, kind and metadata.name`)
  }
  return [{ apiVersion, kind, name, namespace: textAt(metadata, 'namespace') || 'default', object: value }]
}

function describe({ kind, namespace, name }: Manifest): string {
  return `${kind} ${namespace}/${name}`
}
