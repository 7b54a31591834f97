import type { KubernetesEndpoints } from '../../drivers/kubernetes/access.ts'

export interface EndpointCount {
  ready: number
  total: number
  /** Names of the nodes that the ready ones are on, sorted. */
  readyNodes: string[]
}

/** How many addresses are behind each service of a cluster, and where, summed over its slices. Services go by `namespace/name`. */
export interface EndpointCounts {
  of(service: string): EndpointCount
  /** The service whose count may have changed, and the one that the slice belonged to before. */
  put(slice: KubernetesEndpoints): string[]
  /** By `namespace/name` of the slice. */
  delete(slice: string): string[]
}

export function createEndpointCounts(): EndpointCounts {
  const slices = new Map<string, EndpointCount & { service: string }>()
  const byService = new Map<string, Set<string>>()

  function remove(key: string): string[] {
    const slice = slices.get(key)
    if (!slice) return []
    slices.delete(key)
    const others = byService.get(slice.service)
    others?.delete(key)
    if (others?.size === 0) byService.delete(slice.service)
    return [slice.service]
  }

  return {
    of(service) {
      const count = { ready: 0, total: 0 }
      const nodes = new Set<string>()
      for (const key of byService.get(service) ?? []) {
        const slice = slices.get(key)
        count.ready += slice?.ready ?? 0
        count.total += slice?.total ?? 0
        for (const node of slice?.readyNodes ?? []) nodes.add(node)
      }
      return { ...count, readyNodes: [...nodes].toSorted() }
    },
    put({ namespace, name, service: serviceName, endpoints }) {
      const key = `${namespace}/${name}`
      const service = `${namespace}/${serviceName}`
      const before = remove(key)
      const ready = endpoints.filter(each => each.ready)
      const readyNodes = [...new Set(ready.map(each => each.node))].filter(node => node !== '')
      slices.set(key, { service, ready: ready.length, total: endpoints.length, readyNodes })
      const others = byService.get(service) ?? new Set()
      byService.set(service, others.add(key))
      return [...new Set([...before, service])]
    },
    delete: remove,
  }
}
