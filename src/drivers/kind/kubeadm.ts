import { stringify } from 'yaml'
import type { BootstrapNode, ClusterSpec } from '../runtime.ts'
import type { KubernetesVersion } from './version.ts'

export const podSubnet = '10.244.0.0/16'
export const serviceSubnet = '10.96.0.0/16'
/** A kubeconfig by which a joining node finds and trusts the API server (kubeadm's discovery by file). */
export const discoveryFile = '/kind/discovery.conf'

export interface KubeadmOptions {
  cluster: ClusterSpec
  node: BootstrapNode
  version: KubernetesVersion
  /** A bootstrap token, `[a-z0-9]{6}.[a-z0-9]{16}`. */
  token: string
  /** The daemon's host runs cgroup v1, which the kubelet refuses from 1.35 on unless told otherwise. */
  cgroupV1: boolean
}

/**
 * `/kind/kubeadm.conf`, the same file for init and join, in the configuration version the node's kubeadm knows:
 * `v1beta2` below 1.23, `v1beta3` below 1.36, `v1beta4` from there (kind: pkg/cluster/internal/kubeadm/config.go).
 */
export function kubeadmConfig(options: KubeadmOptions): string {
  const { node } = options
  const documents = [
    clusterConfiguration(options),
    ...(node.role === 'control-plane' ? [initConfiguration(options)] : [joinConfiguration(options)]),
    kubeletConfiguration(options),
    kubeProxyConfiguration(),
  ]
  return documents.map(each => stringify(each)).join('---\n')
}

/**
 * Phases of init and join that are left out: preflight checks a host, which a node is not; the end of init restarts the
 * kubelet for the sake of a file that the scripts edit themselves.
 */
const skipped = { 'control-plane': ['preflight', 'kubelet-finalize'], worker: ['preflight'] } as const

/** kubeadm's flags that its configuration file cannot carry yet in this version. */
export function phaseFlags(version: KubernetesVersion, role: keyof typeof skipped): string {
  return version.minor < 23 ? `--skip-phases=${skipped[role].join(',')}` : ''
}

function apiVersion(version: KubernetesVersion): string {
  if (version.minor < 23) return 'kubeadm.k8s.io/v1beta2'
  return version.minor < 36 ? 'kubeadm.k8s.io/v1beta3' : 'kubeadm.k8s.io/v1beta4'
}

/** Flags of a component: a map up to v1beta3, a list of names and values from v1beta4. */
function extraArgs(version: KubernetesVersion, args: Record<string, string>) {
  return version.minor < 36 ? args : Object.entries(args).map(([name, value]) => ({ name, value }))
}

/** The one control plane has nobody to elect a leader among; waiting for the lease costs seconds of every start. */
const alone = { 'leader-elect': 'false' }
/** At 20 requests a second, its default, starting some forty controllers takes the controller manager five seconds. */
const hurried = { 'kube-api-qps': '200', 'kube-api-burst': '400' }

function clusterConfiguration({ cluster, version }: KubeadmOptions) {
  const { controlPlane } = cluster
  // Elliptic keys take no time to make; RSA keys cost init two seconds.
  const keys =
    version.minor < 36
      ? { featureGates: { PublicKeysECDSA: true, ...(version.minor < 21 ? { IPv6DualStack: true } : {}) } }
      : { encryptionAlgorithm: 'ECDSA-P256' }
  return {
    apiVersion: apiVersion(version),
    kind: 'ClusterConfiguration',
    clusterName: cluster.name,
    kubernetesVersion: version.text,
    controlPlaneEndpoint: `${controlPlane.name}:6443`,
    apiServer: {
      certSANs: [...new Set(['localhost', '127.0.0.1', controlPlane.apiServer.host, controlPlane.address])],
    },
    controllerManager: {
      extraArgs: extraArgs(version, { 'enable-hostpath-provisioner': 'true', ...alone, ...hurried }),
    },
    scheduler: { extraArgs: extraArgs(version, alone) },
    networking: { podSubnet, serviceSubnet },
    ...keys,
  }
}

function nodeRegistration({ cluster, node, version }: KubeadmOptions) {
  return {
    name: node.name,
    criSocket: 'unix:///run/containerd/containerd.sock',
    // A control plane that is the only node takes workloads too.
    ...(node.role === 'control-plane' && cluster.nodes === 1 ? { taints: [] } : {}),
    kubeletExtraArgs: extraArgs(version, {
      'node-ip': node.address,
      'provider-id': `kind://docker/${cluster.name}/${node.name}`,
    }),
  }
}

function skippedPhases({ version, node }: KubeadmOptions) {
  return version.minor < 23 ? {} : { skipPhases: skipped[node.role] }
}

function initConfiguration(options: KubeadmOptions) {
  const { node, version, token } = options
  return {
    apiVersion: apiVersion(version),
    kind: 'InitConfiguration',
    bootstrapTokens: [{ token, ttl: '1h0m0s' }],
    localAPIEndpoint: { advertiseAddress: node.address, bindPort: 6443 },
    nodeRegistration: nodeRegistration(options),
    ...skippedPhases(options),
  }
}

function joinConfiguration(options: KubeadmOptions) {
  return {
    apiVersion: apiVersion(options.version),
    kind: 'JoinConfiguration',
    discovery: { file: { kubeConfigPath: discoveryFile } },
    nodeRegistration: nodeRegistration(options),
    ...skippedPhases(options),
  }
}

function kubeletConfiguration({ version, cgroupV1 }: KubeadmOptions) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: version.minor < 24 ? 'cgroupfs' : 'systemd',
    cgroupRoot: '/kubelet',
    failSwapOn: false,
    // A node shares its disk with the host: the host's fill level is no reason to evict.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
    ...(cgroupV1 && version.minor >= 35 ? { failCgroupV1: false } : {}),
  }
}

function kubeProxyConfiguration() {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    // A container must not change the host's connection tracking table.
    conntrack: { maxPerCore: 0 },
    iptables: { minSyncPeriod: '1s' },
  }
}
