import type { TProperties, TSchema } from '@sinclair/typebox'
import { watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { describeOne } from '../describe-one.ts'
import { clusterParams, filterBy, listHeaders, listParameters, namespacedParams } from '../parameters.ts'

interface NamespacedKind<C extends TSchema, F extends TProperties> {
  noun: string
  one: TSchema
  list: TSchema
  event: TSchema
  /** The property that names the cluster. */
  cluster: C
  /** Query parameters of lists besides it. */
  filters: F
}

/** The reads of a kind that lives in namespaces of clusters: of all clusters, of one, and of one object. */
export function namespacedSchemas<C extends TSchema, F extends TProperties>(kind: NamespacedKind<C, F>) {
  const { noun, one, list, event, cluster, filters } = kind
  const tag = `${noun}s`
  const errors = ['Expired' as const, 'TooManyRequests' as const]
  return {
    list: describe(
      { querystring: listParameters({ cluster: filterBy(cluster), ...filters }), headers: listHeaders },
      {
        operationId: `${noun}List`,
        summary: `List or watch ${tag}`,
        description: 'What was last seen of a cluster that is stopped or does not answer; such a list is `stale`.',
        tag,
        answers: { 200: watchable(list, event, `The ${tag} of all clusters`) },
        errors,
      },
    ),
    clusterList: describe(
      { params: clusterParams, querystring: listParameters(filters), headers: listHeaders },
      {
        operationId: `cluster${noun.charAt(0).toUpperCase()}${noun.slice(1)}List`,
        summary: `List or watch a cluster's ${tag}`,
        tag,
        answers: { 200: watchable(list, event, `The cluster's ${tag}`) },
        errors,
      },
    ),
    get: describeOne({ params: namespacedParams, noun, tag, schema: one, event }),
  }
}
