import { textAt } from './objects.ts'
import type { KubernetesTransport } from './transport.ts'

/** The minor version of a Kubernetes 1, as its API server says. Rejects with the transport's errors. */
export async function minorVersion(transport: KubernetesTransport, signal: AbortSignal): Promise<number> {
  const version = await transport.request({ path: '/version', signal })
  const [major, minor] = [textAt(version, 'major'), textAt(version, 'minor')].map(text => Number.parseInt(text, 10))
  return major === 1 && minor !== undefined && !Number.isNaN(minor) ? minor : Number.POSITIVE_INFINITY
}
