import tls from 'node:tls'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Resolve } from '../registry/guard.ts'
import type { ClusterAccess } from './access.ts'
import type { Bounds } from './bounds.ts'
import { createClusterAccess } from './cluster-access.ts'
import { type ImportedCredentials, type KubeconfigFault, readImportedKubeconfig } from './imported-kubeconfig.ts'
import { isOutOfReach, type Reach, reachableLookup } from './reach.ts'
import { createTransport, identityOf, type KubernetesCredentials } from './transport.ts'

/** The way to clusters that somebody else runs. */
export interface ClusterImporter {
  /** What of a kubeconfig is kept, or what is wrong with it. Nothing is connected to. */
  read(kubeconfig: string, reach: Reach): ImportedWay
  /** Opens what `read` said is to be kept. Throws where that cannot be used (any more). */
  open(kept: string, reach: Reach): ClusterAccess
}

export type ImportedWay =
  | { server: string; kept: string; faults?: never }
  | { server?: never; kept?: never; faults: [KubeconfigFault, ...KubeconfigFault[]] }

export interface ClusterImporterOptions {
  clock: Clock
  resolve: Resolve
  /** `defaultBounds` when absent. */
  bounds?: Bounds
}

export function createClusterImporter({ clock, resolve, bounds }: ClusterImporterOptions): ClusterImporter {
  function read(kubeconfig: string, reach: Reach): ImportedWay & { credentials?: KubernetesCredentials } {
    const { credentials: given, faults } = readImportedKubeconfig(kubeconfig)
    if (faults) return { faults }
    const { server } = given
    if (isOutOfReach(server, reach)) return { faults: [{ pointer: '/clusters', what: outOfReach(reach) }] }
    const credentials = toCredentials(given, reachableLookup(resolve, reach))
    try {
      tls.createSecureContext(identityOf(credentials))
    } catch (error) {
      return { faults: [{ pointer: '', what: `holds a certificate or key that cannot be read: ${messageOf(error)}` }] }
    }
    return { server, kept: writeKept(given), credentials }
  }

  return {
    read(kubeconfig, reach) {
      const { credentials: _, ...way } = read(kubeconfig, reach)
      return way
    },
    open(kept, reach) {
      const { credentials, faults } = read(kept, reach)
      if (!credentials) throw new Error(`its kubeconfig cannot be used: ${faults?.[0].what}`)
      const transport = createTransport({ credentials, clock })
      return createClusterAccess({ transport, credentials, clock, ...(bounds && { bounds }) })
    },
  }
}

function outOfReach(reach: Reach): string {
  return reach === 'public'
    ? 'the server has no public address: only an admin can import such a cluster'
    : 'the server has an address that the gateway never connects to'
}

function toCredentials(
  { server, ca, client, token, tlsServerName }: ImportedCredentials,
  lookup: NonNullable<KubernetesCredentials['lookup']>,
): KubernetesCredentials {
  return {
    server,
    ca: ca ?? tls.rootCertificates.join('\n'),
    ...client,
    ...(token === undefined ? {} : { token }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    lookup,
  }
}

/** A kubeconfig with these credentials and nothing else; JSON is YAML. */
function writeKept({ server, ca, client, token, tlsServerName }: ImportedCredentials): string {
  const name = 'imported'
  const cluster = {
    server,
    'certificate-authority-data': ca && encoded(ca),
    'tls-server-name': tlsServerName,
  }
  const user = {
    token,
    'client-certificate-data': client && encoded(client.cert),
    'client-key-data': client && encoded(client.key),
  }
  return JSON.stringify({
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster }],
    users: [{ name, user }],
  })
}

function encoded(pem: string): string {
  return Buffer.from(pem).toString('base64')
}
