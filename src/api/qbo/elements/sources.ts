import type { Engine } from '../../../engine/api.ts'
import type { Sources } from '../commands/task.ts'
import { clusterSource, nodeSource } from './clusters.ts'
import { ipvsSource, networkSource } from './networks.ts'
import { clientSource, userSource } from './people.ts'
import { podSource, serviceSource } from './workloads.ts'

/** Every table that QBO shows. `stamp` gives the time of a change, microseconds since the epoch. */
export function createSources(tables: Engine['tables'], stamp: () => number): Sources {
  return {
    cluster: clusterSource(tables, stamp),
    node: nodeSource(tables, stamp),
    network: networkSource(tables, stamp),
    ipvs: ipvsSource(tables, stamp),
    pod: podSource(tables, stamp),
    service: serviceSource(tables, stamp),
    user: userSource(tables, stamp),
    client: clientSource(tables, stamp),
  }
}
