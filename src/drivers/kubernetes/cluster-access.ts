import type { Clock } from '../../clock.ts'
import type { ClusterAccess } from './access.ts'
import type { Bounds } from './bounds.ts'
import { createClusterObjects } from './cluster-objects.ts'
import { drainNode } from './drain.ts'
import { reflectEndpoints } from './endpoints.ts'
import { hasStatus, KubernetesError } from './errors.ts'
import { toKubernetesNode } from './nodes.ts'
import { createPassage } from './passage.ts'
import { toKubernetesPod } from './pods.ts'
import { createPulse } from './pulse.ts'
import { reflect, reflectorLimits } from './reflector.ts'
import { toKubernetesService } from './services.ts'
import type { KubernetesCredentials, KubernetesTransport } from './transport.ts'

export interface ClusterAccessOptions {
  /** Closed with the access. */
  transport: KubernetesTransport
  /** What the transport was made of. */
  credentials: KubernetesCredentials
  clock: Clock
  /** From 0 up to, not including, 1; Math.random when absent. */
  random?: () => number
  /** `defaultBounds` when absent. */
  bounds?: Bounds
}

/** The way to a real API server. Rejections: KubernetesError, TransportError, the signal's reason, and drain's own. */
export function createClusterAccess(options: ClusterAccessOptions): ClusterAccess {
  const { transport, clock } = options
  const passage = createPassage(options.credentials)
  const followed = { ...options, pulse: createPulse({ transport, clock, timeoutMs: reflectorLimits.probeMs }) }
  return {
    endpoint: options.credentials,
    watchNodes: (observer, signal) =>
      reflect({ ...followed, path: '/api/v1/nodes', map: toKubernetesNode, observer, signal }),
    watchPods: (observer, signal) =>
      reflect({ ...followed, path: '/api/v1/pods', map: toKubernetesPod, observer, signal }),
    watchServices: (observer, signal) =>
      reflect({ ...followed, path: '/api/v1/services', map: toKubernetesService, observer, signal }),
    watchEndpointSlices: (observer, signal) => reflectEndpoints({ ...followed, observer, signal }),
    ...createClusterObjects(options),
    drain: (node, timeoutMs, signal) => drainNode({ transport, clock, node, timeoutMs, signal }),
    deleteNode: (node, signal) => deleteNode(transport, node, signal),
    ping: (timeoutMs, signal) => ping(transport, timeoutMs, signal),
    passage,
    close() {
      transport.close()
      passage.close()
    },
  }
}

/** Deletes a Node object, where it is there. */
export async function deleteNode(transport: KubernetesTransport, node: string, signal: AbortSignal): Promise<void> {
  try {
    await transport.request({ method: 'DELETE', path: `/api/v1/nodes/${encodeURIComponent(node)}`, signal })
  } catch (error) {
    if (!hasStatus(error, 404)) throw error
  }
}

async function ping(transport: KubernetesTransport, timeoutMs: number, signal: AbortSignal): Promise<void> {
  try {
    await transport.request({ path: '/livez', timeoutMs, signal })
  } catch (error) {
    // One that says it is not well answers.
    if (!(error instanceof KubernetesError)) throw error
  }
}
