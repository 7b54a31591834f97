import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { NodeShell } from '../docker/shell.ts'
import type { Bounds } from '../kubernetes/bounds.ts'
import { createClusterAccess, deleteNode } from '../kubernetes/cluster-access.ts'
import { readKubeconfig, renameKubeconfig, writeKubeconfig } from '../kubernetes/kubeconfig.ts'
import { applyManifests } from '../kubernetes/manifests.ts'
import { createAuthority, issueClientCertificate, type KeyedCertificate } from '../kubernetes/pki.ts'
import { createTransport, type KubernetesTransport } from '../kubernetes/transport.ts'
import { poll, waitForApiServer } from '../kubernetes/wait.ts'
import {
  type BootstrapDriver,
  type BootstrapNode,
  type ClusterSpec,
  type ObservedNode,
  RuntimeError,
} from '../runtime.ts'
import { discoveryFile, kubeadmConfig } from './kubeadm.ts'
import { readAddons } from './manifests.ts'
import { doneFile, initScript, joinScript } from './scripts.ts'
import { type KubernetesVersion, parseVersion } from './version.ts'

export interface KindOptions {
  shell: NodeShell
  clock: Clock
  /** How much of one kind is kept of each cluster; `defaultBounds` when absent. */
  bounds?: Bounds
  /** Whether the daemon's host runs cgroup v1. */
  cgroupV1(): Promise<boolean>
}

const authorityFiles = { cert: '/etc/kubernetes/pki/ca.crt', key: '/etc/kubernetes/pki/ca.key' }
const booted = /Reached target .*Multi-User System.*|detected cgroup v1/

/**
 * A program that ignores SIGTERM, as a pod's pause may, would hold up a node's shutdown for systemd's 90 s, and with it
 * those that mind being killed.
 */
const shutdown = '[Manager]\nDefaultTimeoutStopSec=4s\n'

/**
 * How nodes of a Kind image become a cluster (kind: pkg/cluster/internal/create/actions), with fewer waits: the
 * cluster's CA is ours from the start, so that the API server can be used the moment it answers, and workers join with
 * certificates that are signed already instead of asking for them.
 */
export function createKindBootstrap({ shell, clock, bounds, cgroupV1 }: KindOptions): BootstrapDriver {
  /** By cluster id; a control plane node holds its own, so that a new process finds it there. */
  const authorities = new Map<string, Promise<KeyedCertificate>>()
  const transports = new Map<string, KubernetesTransport>()

  const versionOf = async (node: string): Promise<KubernetesVersion> => {
    const text = await shell.read(node, '/kind/version')
    if (text === undefined)
      throw new RuntimeError('BootstrapFailed', 'the image is no Kind node image: it holds no /kind/version')
    return parseVersion(text)
  }

  const readAuthority = async (controlPlane: string): Promise<KeyedCertificate | undefined> => {
    const [cert, key] = await Promise.all([
      shell.read(controlPlane, authorityFiles.cert),
      shell.read(controlPlane, authorityFiles.key),
    ])
    return cert && key ? { cert, key } : undefined
  }

  const authorityOf = (cluster: ClusterSpec): Promise<KeyedCertificate> => {
    const known = authorities.get(cluster.id)
    if (known) return known
    const found = readAuthority(cluster.controlPlane.name).then(read => read ?? createAuthority('kubernetes', clock))
    authorities.set(cluster.id, found)
    found.catch(() => authorities.delete(cluster.id))
    return found
  }

  /** As a cluster's administrator, with a certificate of our own: the files of kubeadm come too late or have too few rights. */
  const adminTransport = async (cluster: ClusterSpec): Promise<KubernetesTransport> => {
    const known = transports.get(cluster.id)
    if (known) return known
    const authority = await authorityOf(cluster)
    const subject = { commonName: 'kindgate', organization: 'system:masters', days: 1 }
    const { cert, key } = await issueClientCertificate(authority, subject, clock)
    const { host, port } = cluster.controlPlane.apiServer
    const transport = createTransport({
      credentials: { server: `https://${host}:${port}`, ca: authority.cert, cert, key },
      clock,
    })
    transports.set(cluster.id, transport)
    return transport
  }

  const letGo = (clusterId: string): void => {
    transports.get(clusterId)?.close()
    transports.delete(clusterId)
  }

  async function runInNode(node: string, command: string[], signal: AbortSignal): Promise<void> {
    const { exitCode, output } = await shell.exec(node, command, signal)
    if (exitCode !== 0)
      throw new RuntimeError('BootstrapFailed', `kubeadm in ${node} ended with exit code ${exitCode}`, {
        output: tail(output),
      })
  }

  return {
    async prepare(cluster, node) {
      const version = await versionOf(node.name)
      const config = kubeadmConfig({ cluster, node, version, token: newToken(), cgroupV1: await cgroupV1() })
      const files = [
        { path: '/kind/kubeadm.conf', text: config, mode: 0o600 },
        { path: '/etc/systemd/system.conf.d/10-kindgate.conf', text: shutdown, mode: 0o644 },
      ]
      // A node that was started already is past this: its files are in use.
      if (await shell.wasStarted(node.name)) return version.text
      if (node.role === 'control-plane') {
        const authority = await authorityOf(cluster)
        files.push(
          { path: authorityFiles.cert, text: authority.cert, mode: 0o644 },
          { path: authorityFiles.key, text: authority.key, mode: 0o600 },
        )
      }
      await shell.write(node.name, files)
      return version.text
    },

    init(cluster, signal) {
      const { name } = cluster.controlPlane
      const done = (async () => {
        await shell.logged(name, booted, signal)
        await runInNode(name, initScript(await versionOf(name)), signal)
        if (cluster.nodes === 1) await admitLoadBalancers(await adminTransport(cluster), name, signal)
      })()
      const answers = (async () => waitForApiServer(await adminTransport(cluster), { clock, signal }))()
      // When kubeadm fails there is nothing left to wait for.
      const failed = done.then(() => answers)
      answers.catch(() => undefined)
      return { apiServer: Promise.race([answers, failed]), done }
    },

    async addons(cluster, signal) {
      const transport = await adminTransport(cluster)
      const { network, storage } = await readAddons(shell, cluster.controlPlane.name)
      await applyManifests(transport, network, { clock, signal })
      if (storage !== undefined) await applyManifests(transport, storage, { clock, signal })
    },

    async join(cluster, node, signal) {
      // Joined before: its Kubernetes node and its certificate are in use.
      if ((await shell.read(node.name, doneFile)) !== undefined) return
      const version = await versionOf(node.name)
      const transport = await adminTransport(cluster)
      await Promise.all([
        shell.logged(node.name, booted, signal),
        joinable(transport, version, { clock, signal }),
        shell.write(node.name, await joinFiles(cluster, await authorityOf(cluster), node, clock)),
      ])
      // A worker whose container was lost and made again: Kubernetes still knows it as ready, and kubeadm would refuse.
      await deleteNode(transport, node.name, signal)
      await runInNode(node.name, joinScript(version), signal)
    },

    forget(clusterId) {
      letGo(clusterId)
      authorities.delete(clusterId)
    },

    async kubeconfig(node) {
      if (!node.apiServer) throw new RuntimeError('BootstrapFailed', `${node.name} publishes no API server`)
      const { host, port } = node.apiServer
      return renameKubeconfig(await adminConfigOf(node), { cluster: node.cluster, server: `https://${host}:${port}` })
    },

    async access(node) {
      if (!node.apiServer) throw new RuntimeError('BootstrapFailed', `${node.name} publishes no API server`)
      const server = `https://${node.apiServer.host}:${node.apiServer.port}`
      const authority = await readAuthority(node.name)
      if (!authority) throw new RuntimeError('BootstrapFailed', `the control plane ${node.name} has no authority yet`)
      const subject = { commonName: 'kindgate', organization: 'system:masters', days: 365 }
      const { cert, key } = await issueClientCertificate(authority, subject, clock)
      const credentials = { server, ca: authority.cert, cert, key }
      const transport = createTransport({ credentials, clock })
      return createClusterAccess({ transport, credentials, clock, ...(bounds && { bounds }) })
    },
  }

  async function adminConfigOf(node: ObservedNode): Promise<string> {
    const text = await shell.read(node.name, '/etc/kubernetes/admin.conf')
    if (text === undefined)
      throw new RuntimeError('BootstrapFailed', `the control plane ${node.name} is not initialised yet`)
    readKubeconfig(text)
    return text
  }
}

/**
 * Certificates that last: the node's own, which the kubelet renews, and one to discover the cluster by, which has the
 * rights of a bootstrap token and outlives the join by an hour at most.
 */
async function joinFiles(cluster: ClusterSpec, authority: KeyedCertificate, node: BootstrapNode, clock: Clock) {
  const server = `https://${cluster.controlPlane.name}:6443`
  const kubeconfig = (name: string, client: KeyedCertificate) =>
    writeKubeconfig({ name, server, ca: authority.cert, client })
  const [kubelet, joiner] = await Promise.all([
    issueClientCertificate(
      authority,
      { commonName: `system:node:${node.name}`, organization: 'system:nodes', days: 365 },
      clock,
    ),
    issueClientCertificate(
      authority,
      {
        commonName: `kindgate:join:${node.name}`,
        organization: 'system:bootstrappers:kubeadm:default-node-token',
        days: 1 / 24,
      },
      clock,
    ),
  ])
  return [
    { path: '/etc/kubernetes/kubelet.conf', text: kubeconfig('default-auth', kubelet), mode: 0o600 },
    { path: discoveryFile, text: kubeconfig('kindgate-join', joiner), mode: 0o600 },
  ]
}

/** Resolves when the control plane holds what `kubeadm join` reads from it, and lets nodes read it. */
async function joinable(
  transport: KubernetesTransport,
  version: KubernetesVersion,
  options: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const suffix = version.minor < 24 ? `-1.${version.minor}` : ''
  const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings/kubeadm:kubelet-config${suffix}`
  await poll(transport, { path }, () => true, options)
}

/** The only node has to serve load balancers, too. */
async function admitLoadBalancers(transport: KubernetesTransport, node: string, signal: AbortSignal): Promise<void> {
  await transport.request({
    method: 'PATCH',
    path: `/api/v1/nodes/${encodeURIComponent(node)}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': null } } },
    signal,
  })
}

/** A bootstrap token in kubeadm's form. */
function newToken(): string {
  const hex = randomBytes(11).toString('hex')
  return `${hex.slice(0, 6)}.${hex.slice(6, 22)}`
}

/** The end of a program's output, as much as fits an operation's record. */
function tail(output: string): string {
  return output.slice(-8192).trim()
}
