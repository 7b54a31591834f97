import type { SelectableFields } from '../kubernetes/field-selector.ts'
import type { Service } from './schema.ts'

/** The fields that Kubernetes selects services by, and `spec.type`. */
export const serviceFields: SelectableFields<Service> = {
  'metadata.name': service => service.name,
  'metadata.namespace': service => service.namespace,
  'spec.clusterIP': service => service.clusterIP ?? '',
  'spec.type': service => service.type,
}
