import type { FastifyReply, FastifyRequest } from 'fastify'
import { requireCluster } from '../../../engine/clusters/guard.ts'
import { fieldMatcher, type SelectableFields } from '../../../engine/kubernetes/field-selector.ts'
import { requireNamespaced } from '../../../engine/kubernetes/guard.ts'
import { namespacedKey } from '../../../engine/kubernetes/key.ts'
import type { MirrorObject, Table } from '../../../engine/mirror/mirror.ts'
import { principalOf } from '../../http/context.ts'
import type { RestContext } from '../context.ts'
import { answerList, answerOne, fieldFilter, type ListQuery, resumes } from '../reads.ts'

type Namespaced = MirrorObject & { cluster: string; namespace: string }

type NamespacedQuery = ListQuery & { cluster?: string; fieldSelector?: string }

interface Kind<T extends Namespaced> {
  table: Table<T>
  fields: SelectableFields<T>
  /** Query parameters that stand for a field of the resource. */
  filters: readonly (keyof T & string)[]
}

/** Answers lists and single objects of a kind that lives in namespaces of clusters. */
export function namespacedReads<T extends Namespaced>({ engine, watches }: RestContext, kind: Kind<T>) {
  const { table, fields, filters } = kind
  return {
    /** Of all clusters, or of one. */
    list(request: FastifyRequest, reply: FastifyReply, query: NamespacedQuery, cluster?: string): FastifyReply {
      if (cluster !== undefined) requireCluster(engine.tables.clusters, principalOf(request), cluster)
      const scope = cluster ?? query.cluster
      const tests = [
        fieldFilter<T>({ ...query }, filters),
        fieldMatcher(query.fieldSelector ?? '', fields),
        // A list of one cluster comes ready-made by its scope; a watch goes by the object.
        scope !== undefined && query.watch ? (object: Readonly<T>) => object.cluster === scope : undefined,
      ].filter(test => test !== undefined)
      const filter = tests.length === 0 ? undefined : (object: Readonly<T>) => tests.every(test => test(object))
      const part = scope === undefined ? {} : { scope }
      return answerList({ table, watches, request, reply, query, filter, ...part })
    },

    one(
      request: FastifyRequest,
      reply: FastifyReply,
      query: { watch?: boolean; resourceVersion?: string },
      place: { cluster: string; namespace: string; name: string },
    ): FastifyReply {
      // A watch that resumes may be of one that is gone.
      if (!resumes(request, query)) requireNamespaced(engine.tables, table, principalOf(request), place)
      const key = namespacedKey(place)
      const is = (object: Readonly<T>) => namespacedKey(object) === key
      return answerOne({ table, watches, request, reply, query, noun: table.kind.slice(0, -1), key, is })
    },
  }
}
