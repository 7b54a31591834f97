import { parseAllDocuments } from 'yaml'
import type { Clock } from '../../clock.ts'
import { applyObjects, type Wanted, wantedOf } from './apply.ts'
import { listAt, textAt } from './objects.ts'
import { createResourceFinder } from './resources.ts'
import type { KubernetesTransport } from './transport.ts'

/**
 * Makes the objects of a YAML text with any number of documents while a control plane comes up (see apply.ts), until the
 * signal aborts. Objects without a namespace go to `default` where their kind needs one. Rejects when the text is no
 * manifest, before anything is sent, and with KubernetesError when the API server finds an object invalid.
 */
export async function applyManifests(
  transport: KubernetesTransport,
  yaml: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const objects = readManifests(yaml)
  const collectionOf = createResourceFinder(transport)
  await applyObjects(objects, { transport, collectionOf, clock, signal, bootstrapping: true })
}

function readManifests(yaml: string): Wanted[] {
  // sigs.k8s.io/yaml, which kubectl reads with, keeps to YAML 1.1: 0644 is octal
  const documents = parseAllDocuments(yaml, { version: '1.1' })
  return documents.flatMap((document, index) => {
    const [error] = document.errors
    if (error) throw new Error(`the manifest is not YAML: ${error.message}`)
    return objectsOf(document.toJS(), index + 1)
  })
}

function objectsOf(value: unknown, document: number): Wanted[] {
  if (value === null || value === undefined) return []
  if (textAt(value, 'kind') === 'List' && textAt(value, 'apiVersion') === 'v1')
    return listAt(value, 'items').flatMap(item => objectsOf(item, document))
  const wanted = wantedOf(value)
  if (!wanted) throw new Error(`document ${document} of the manifest needs apiVersion, kind and metadata.name`)
  return [wanted]
}
