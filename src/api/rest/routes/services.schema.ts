import { serviceFields } from '../../../engine/services/fields.ts'
import { serviceSchema } from '../../../engine/services/schema.ts'
import { fieldSelectorOf, filterBy } from '../parameters.ts'
import { serviceEventSchema, serviceListSchema } from '../schemas.ts'
import { namespacedSchemas } from './namespaced.schema.ts'

const { cluster, namespace, type } = serviceSchema.properties

export const serviceReads = namespacedSchemas({
  noun: 'service',
  one: serviceSchema,
  list: serviceListSchema,
  event: serviceEventSchema,
  cluster,
  filters: { namespace: filterBy(namespace), type: filterBy(type), fieldSelector: fieldSelectorOf(serviceFields) },
})
