import { podFields } from '../../../engine/pods/fields.ts'
import { podSchema } from '../../../engine/pods/schema.ts'
import { fieldSelectorOf, filterBy } from '../parameters.ts'
import { podEventSchema, podListSchema } from '../schemas.ts'
import { namespacedSchemas } from './namespaced.schema.ts'

const { cluster, namespace, node, status } = podSchema.properties

export const podReads = namespacedSchemas({
  noun: 'pod',
  one: podSchema,
  list: podListSchema,
  event: podEventSchema,
  cluster,
  filters: {
    namespace: filterBy(namespace),
    node: filterBy(node),
    status: filterBy(status),
    fieldSelector: fieldSelectorOf(podFields),
  },
})
