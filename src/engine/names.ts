import { GatewayError } from '../errors.ts'

const clusterName = /^[a-z0-9][a-z0-9._-]{0,62}$/
const domain = /^(?=.{1,46}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** Throws InvalidRequest for a name no cluster can have. */
export function requireClusterName(name: string): void {
  if (!clusterName.test(name))
    throw new GatewayError('InvalidRequest', `${JSON.stringify(name)} is not a cluster name`, {
      faults: [{ where: '/body/name', what: 'must be 1 to 63 of a–z, 0–9, "-", "_", ".", a letter or digit first' }],
    })
}

/**
 * Throws InvalidRequest for a domain that node names cannot end in: they are DNS names and host names of Linux (64
 * characters), and Kubernetes makes them values of labels (63).
 */
export function requireDomain(name: string): void {
  if (!domain.test(name))
    throw new GatewayError('InvalidRequest', `${JSON.stringify(name)} is not a domain`, {
      faults: [{ where: '/body/domain', what: 'must be a DNS name of at most 46 characters, in lower case' }],
    })
}

/** `control-4df5c34f.localhost`, `node-2b251a2c.localhost`. */
export function nodeName(role: 'control-plane' | 'worker', suffix: string, ofDomain: string): string {
  return `${role === 'control-plane' ? 'control' : 'node'}-${suffix}.${ofDomain}`
}
