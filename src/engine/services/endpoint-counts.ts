import type { KubernetesEndpoints } from '../../drivers/kubernetes/access.ts'

export interface EndpointCount {
  ready: number
  total: number
}

/** How many addresses are behind each service of a cluster, summed over its slices. Services go by `namespace/name`. */
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
      for (const key of byService.get(service) ?? []) {
        const slice = slices.get(key)
        count.ready += slice?.ready ?? 0
        count.total += slice?.total ?? 0
      }
      return count
    },
    put({ namespace, name, service: serviceName, endpoints }) {
      const key = `${namespace}/${name}`
      const service = `${namespace}/${serviceName}`
      const before = remove(key)
      slices.set(key, { service, ready: endpoints.filter(each => each.ready).length, total: endpoints.length })
      const others = byService.get(service) ?? new Set()
      byService.set(service, others.add(key))
      return [...new Set([...before, service])]
    },
    delete: remove,
  }
}
