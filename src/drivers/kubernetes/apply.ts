import type { Clock } from '../../clock.ts'
import { hasStatus, isTransient } from './errors.ts'
import { isObject, type JsonObject, objectAt, textAt } from './objects.ts'
import { forEachLimit } from './parallel.ts'
import type { FindCollection } from './resources.ts'
import { retry } from './retry.ts'
import type { KubernetesTransport } from './transport.ts'

export interface ApplyOptions {
  transport: KubernetesTransport
  collectionOf: FindCollection
  clock: Clock
  signal: AbortSignal
  /**
   * The control plane is still coming up: no answer, 403, 404, 429 and 5xx are tried again until the signal aborts, and
   * objects are made by plain creation, which costs it less, where they are not there. Else the first failure counts.
   */
  bootstrapping: boolean
}

/** An object as it is wanted. */
export interface Wanted {
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
 * Makes objects, as `kubectl apply --server-side --force-conflicts` does, and can be repeated: what is there already is
 * brought in line. Namespaces and custom resource definitions go first, then what others build upon, then pods and what
 * makes them; within each of these, objects are sent side by side. Rejects with KubernetesError when the API server
 * finds an object invalid.
 */
export async function applyObjects(objects: Wanted[], options: ApplyOptions): Promise<void> {
  const { clock, signal, bootstrapping } = options
  const apply = (wanted: Wanted): Promise<void> =>
    bootstrapping
      ? retry({
          what: `applying ${describe(wanted)}`,
          clock,
          signal,
          delayMs: failures => Math.min(longestDelayMs, 25 * 2 ** failures),
          isRetryable: error => isTransient(error) || hasStatus(error, 403, 404),
          attempt: () => createOrApply(wanted, options),
        })
      : serverSideApply(wanted, options)
  for (const stage of stagesOf(objects)) await forEachLimit(stage, concurrency, apply)
}

/** What a decoded object says it is; undefined where it lacks a name or a kind. */
export function wantedOf(value: unknown): Wanted | undefined {
  const apiVersion = textAt(value, 'apiVersion')
  const kind = textAt(value, 'kind')
  const metadata = objectAt(value, 'metadata')
  const name = textAt(metadata, 'name')
  if (!isObject(value) || apiVersion === '' || kind === '' || name === '') return undefined
  return { apiVersion, kind, name, namespace: textAt(metadata, 'namespace') || 'default', object: value }
}

async function createOrApply(wanted: Wanted, options: ApplyOptions): Promise<void> {
  const { transport, collectionOf, signal } = options
  const path = await collectionOf(wanted, signal)
  try {
    await transport.request({ method: 'POST', path, query: { fieldManager }, body: wanted.object, signal })
  } catch (error) {
    if (!hasStatus(error, 409)) throw error
    await serverSideApply(wanted, options)
  }
}

/** By no other way does a field go that an earlier call has set and this one leaves out. */
async function serverSideApply(wanted: Wanted, { transport, collectionOf, signal }: ApplyOptions): Promise<void> {
  await transport.request({
    method: 'PATCH',
    path: `${await collectionOf(wanted, signal)}/${encodeURIComponent(wanted.name)}`,
    query: { fieldManager, force: true },
    contentType: 'application/apply-patch+yaml', // JSON is YAML
    body: wanted.object,
    signal,
  })
}

const first = new Set(['Namespace', 'CustomResourceDefinition'])
const groupsWithoutWorkloads = ['rbac.authorization.k8s.io', 'storage.k8s.io', 'scheduling.k8s.io', 'policy']

/** Everything in the order that it has to be made in; what one stage holds may be made side by side. */
function stagesOf(objects: Wanted[]): Wanted[][] {
  const stages: [Wanted[], Wanted[], Wanted[]] = [[], [], []]
  for (const wanted of objects) stages[stageOf(wanted)].push(wanted)
  return stages
}

function stageOf({ apiVersion, kind }: Wanted): 0 | 1 | 2 {
  if (first.has(kind)) return 0
  const [group = '', version] = apiVersion.split('/')
  const supporting = version === undefined ? kind !== 'Pod' : groupsWithoutWorkloads.includes(group)
  return supporting && kind !== 'ReplicationController' ? 1 : 2
}

function describe({ kind, namespace, name }: Wanted): string {
  return `${kind} ${namespace}/${name}`
}
