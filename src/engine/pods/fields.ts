import type { SelectableFields } from '../kubernetes/field-selector.ts'
import type { Pod } from './schema.ts'

/** Of the fields that Kubernetes selects pods by, those that the gateway has. */
export const podFields: SelectableFields<Pod> = {
  'metadata.name': pod => pod.name,
  'metadata.namespace': pod => pod.namespace,
  'spec.nodeName': pod => pod.node ?? '',
  'status.phase': pod => pod.phase,
}
