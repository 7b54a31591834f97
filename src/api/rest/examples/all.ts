import { balancerExample } from './balancers.ts'
import { clusterExample } from './clusters.ts'
import { imageExample } from './images.ts'
import { hostNetworksExample, networkExample } from './networks.ts'
import { nodeExample, processExample } from './nodes.ts'
import { operationExample } from './operations.ts'
import { orderExample } from './orders.ts'
import { podExample } from './pods.ts'
import { refExample } from './refs.ts'
import { serviceExample } from './services.ts'
import { versionExample } from './versions.ts'

/** By the name of their schema. */
export const resourceExamples: Record<string, object> = {
  Cluster: clusterExample,
  Node: nodeExample,
  Process: processExample,
  Pod: podExample,
  Service: serviceExample,
  Network: networkExample,
  HostNetworks: hostNetworksExample,
  Balancer: balancerExample,
  Image: imageExample,
  Operation: operationExample,
  Order: orderExample,
  OrderMade: { order: orderExample, secret: '4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM' },
  Ref: refExample,
  Version: versionExample,
}
