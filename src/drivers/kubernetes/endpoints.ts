import type { KubernetesEndpoints } from './access.ts'
import { createBackoff } from './backoff.ts'
import { reasonOf } from './errors.ts'
import { type ReflectorOptions, reflect, reflectorLimits } from './reflector.ts'
import { fromEndpointSlice, fromEndpoints } from './services.ts'
import { minorVersion } from './version.ts'

/**
 * Reflects EndpointSlices, or Endpoints where Kubernetes is older than 1.21, which has no discovery.k8s.io/v1. Promises
 * what `reflect` does.
 */
export async function reflectEndpoints(
  options: Omit<ReflectorOptions<KubernetesEndpoints>, 'path' | 'map'>,
): Promise<void> {
  const minor = await minorOnceThere(options)
  if (minor === undefined) return
  await (minor < 21
    ? reflect({ ...options, path: '/api/v1/endpoints', map: fromEndpoints })
    : reflect({ ...options, path: '/apis/discovery.k8s.io/v1/endpointslices', map: fromEndpointSlice }))
}

/** Asks until there is an answer; undefined when the signal aborts first. */
async function minorOnceThere(
  options: Omit<ReflectorOptions<KubernetesEndpoints>, 'path' | 'map'>,
): Promise<number | undefined> {
  const { transport, observer, signal, clock, random = Math.random } = options
  const { backoffBaseMs, backoffCapMs } = { ...reflectorLimits, ...options.limits }
  const backoff = createBackoff({ baseMs: backoffBaseMs, capMs: backoffCapMs, random })
  while (!signal.aborted) {
    try {
      return await minorVersion(transport, signal)
    } catch (error) {
      if (!signal.aborted) observer.down(reasonOf(error))
      await clock.sleep(backoff.next(), signal).catch(() => {})
    }
  }
  return undefined
}
