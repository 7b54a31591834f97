import type { JsonObject } from '../../drivers/kubernetes/objects.ts'
import type { Observed } from './observed.ts'

export const regionLabel = 'region'

export interface RegionLabelOptions {
  observed: Observed
  /** The cluster's region; empty: its nodes shall have none; null or undefined: it is nobody's business. */
  regionOf(clusterId: string): string | null | undefined
  access(clusterId: string): Promise<{
    patch(
      ref: { apiVersion: string; kind: string; name: string },
      patch: JsonObject,
      options: object,
      signal: AbortSignal,
    ): Promise<void>
  }>
}

/** Gives all Kubernetes nodes of a cluster its region as a label, those that lack it or were given another. */
export function createRegionLabels({ observed, regionOf, access }: RegionLabelOptions) {
  /** The nodes whose label is another than it shall be, with what it shall be. */
  function wrong(clusterId: string): { name: string; region: string | null }[] {
    const region = regionOf(clusterId)
    const seen = observed.kubernetes.get(clusterId)
    if (region === null || region === undefined || !seen || seen.down !== null) return []
    return [...seen.nodes.values()]
      .filter(node => (node.labels[regionLabel] ?? '') !== region)
      .map(({ name }) => ({ name, region: region === '' ? null : region }))
  }

  return {
    isDue: (clusterId: string) => wrong(clusterId).length > 0,
    async label(clusterId: string, signal: AbortSignal): Promise<void> {
      const nodes = wrong(clusterId)
      if (nodes.length === 0) return
      const way = await access(clusterId)
      for (const { name, region } of nodes)
        await way.patch(
          { apiVersion: 'v1', kind: 'Node', name },
          { metadata: { labels: { [regionLabel]: region } } },
          {},
          signal,
        )
    },
  }
}
