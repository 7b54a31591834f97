import type { ClusterAccess } from './kubernetes/access.ts'

/**
 * What the engine asks of a place where nodes run. `docker/` with `kind/` does it for real, `simulated/` with neither
 * Docker nor Kubernetes. Every act is safe to repeat: done already is done.
 */
export interface Runtime {
  readonly name: 'docker' | 'simulated'
  /**
   * Reports what there is, then every change, until `signal` aborts. Losing the daemon is reported by `down` and mended
   * by connecting again with backoff, which reports a new snapshot. Resolves once aborted; never rejects.
   */
  observe(observer: RuntimeObserver, signal: AbortSignal): Promise<void>
  /** The daemon's version; rejects with RuntimeUnavailable when it does not answer. */
  version(): Promise<RuntimeVersion>
  readonly images: ImageDriver
  readonly networks: NetworkDriver
  readonly nodes: NodeDriver
  readonly bootstrap: BootstrapDriver
}

export interface RuntimeVersion {
  engine: string
  apiVersion: string
  os: string
  arch: string
}

export interface RuntimeObserver {
  /** All images there are: before each snapshot, and again after each change. */
  images(images: LocalImage[]): void
  snapshot(nodes: ObservedNode[], networks: ObservedNetwork[]): void
  node(node: ObservedNode): void
  nodeGone(name: string): void
  network(network: ObservedNetwork): void
  networkGone(name: string): void
  /** Nothing is seen from now on; what was reported is stale. */
  down(reason: string): void
}

export type NodeRole = 'control-plane' | 'worker' | 'external-load-balancer'

/** A node container as it is, ours or one that the `kind` CLI made. */
export interface ObservedNode {
  /** The container's id, 64 hexadecimal digits. */
  id: string
  name: string
  /** The label `io.x-k8s.kind.cluster`. */
  cluster: string
  /** The label `io.kindgate.cluster-id`, null on a cluster that something else made. */
  clusterId: string | null
  /** The label `io.kindgate.gateway`: the id of the gateway that made it. */
  gateway: string | null
  role: NodeRole
  image: string
  imageId: string
  state: 'created' | 'running' | 'exited'
  /** Its IPv4 address in the cluster's network, null when it has none. */
  address: string | null
  network: string | null
  /** Where the host reaches the API server of a control plane node. */
  apiServer: { host: string; port: number } | null
  exitCode: number | null
  /** When it was started last, milliseconds since the epoch; null where that is not known. */
  startedAt: number | null
}

export interface ObservedNetwork {
  id: string
  name: string
  /** CIDR, null for a network without IPv4 addresses. */
  subnet: string | null
  /** The Docker host's address in it. */
  hostAddress: string | null
  /** The label `io.kindgate.cluster-id`. */
  clusterId: string | null
  /** The label `io.kindgate.gateway`. */
  gateway: string | null
}

export interface LocalImage {
  /** `sha256:` and 64 hexadecimal digits. */
  id: string
  tags: string[]
  /** Repository digests, `kindest/node@sha256:…`. */
  digests: string[]
  /** Bytes. */
  size: number
}

export interface ImageDriver {
  /** The images that are present. */
  list(): Promise<LocalImage[]>
  /** The image a reference names, where it is present. */
  find(reference: string): Promise<LocalImage | undefined>
  /** Pulls a reference; progress in bytes over all layers. Rejects with ImageUnavailable. */
  pull(reference: string, onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<void>
}

export interface NetworkSpec {
  name: string
  cluster: string
  clusterId: string
  gatewayId: string
  /** CIDR. */
  subnet: string
  /** The Docker host's address in it. */
  hostAddress: string
}

export interface NetworkDriver {
  /** Subnets that cannot be used, in CIDR: those of every network there is and of the host's interfaces. */
  taken(): Promise<string[]>
  /** Makes the network where it is missing. Rejects with SubnetTaken when the subnet overlaps another. */
  ensure(spec: NetworkSpec): Promise<void>
  /** Removes the network, where it is there. */
  remove(name: string): Promise<void>
}

export interface NodeSpec {
  name: string
  cluster: string
  clusterId: string
  gatewayId: string
  role: 'control-plane' | 'worker'
  /** The image's id. */
  image: string
  network: string
  /** Its fixed IPv4 address. */
  address: string
  /** Where the API server is published, on a control plane node. */
  apiServer: { host: string; port: number } | null
}

export interface NodeDriver {
  /** Makes the container where it is missing; does not start it. */
  create(spec: NodeSpec): Promise<void>
  /** Starts the container. Rejects with PortTaken when the published port is in use. */
  start(name: string): Promise<void>
  /** Lets the node shut down, for at most `graceSeconds`, then kills it. */
  stop(name: string, graceSeconds: number): Promise<void>
  /** Removes the container with its anonymous volumes, where it is there. */
  remove(name: string): Promise<void>
  /** Processes and threads in a running node. */
  processes(name: string): Promise<NodeProcess[]>
  /** What listens in a running node, on whatever address. Rejects with NodeMissing or NodeNotRunning. */
  listening(name: string, signal: AbortSignal): Promise<ListeningPort[]>
}

/** A port that a socket in a node has: one that listens (TCP), or is bound (UDP). */
export interface ListeningPort {
  protocol: 'TCP' | 'UDP'
  port: number
}

export interface NodeProcess {
  pid: number
  ppid: number
  /** Thread id; equals `pid` for a process's first thread. */
  tid: number
  user: string
  state: string
  /** Percent of one processor over the thread's life. */
  cpu: number
  /** Resident memory, KiB. */
  rss: number
  command: string
  args: string
}

/** What a cluster's nodes need to know of it while they come up. */
export interface ClusterSpec {
  name: string
  id: string
  controlPlane: { name: string; address: string; apiServer: { host: string; port: number } }
  nodes: number
}

export interface BootstrapNode {
  name: string
  role: 'control-plane' | 'worker'
  address: string
}

export interface BootstrapDriver {
  /**
   * Puts kubeadm's configuration, and into the control plane the cluster's CA, into a node that was made and not yet
   * started; a node that has been started keeps what it has. Resolves to the image's Kubernetes version (`v1.34.4`).
   */
  prepare(cluster: ClusterSpec, node: BootstrapNode): Promise<string>
  /**
   * Runs `kubeadm init` in the control plane node, or finds it run. `apiServer` resolves when the API server answers,
   * `done` when kubeadm has ended; both reject with BootstrapFailed, which carries the output.
   */
  init(cluster: ClusterSpec, signal: AbortSignal): { apiServer: Promise<void>; done: Promise<void> }
  /** Applies the node image's network plugin and default storage class. */
  addons(cluster: ClusterSpec, signal: AbortSignal): Promise<void>
  /** Joins a started worker, or finds it joined. */
  join(cluster: ClusterSpec, node: BootstrapNode, signal: AbortSignal): Promise<void>
  /** Forgets what was kept in memory of a cluster. */
  forget(clusterId: string): void
  /** The administrator's kubeconfig as the control plane node holds it, also when it is stopped. */
  kubeconfig(node: ObservedNode): Promise<string>
  /** The way to the API server of a cluster, by its control plane node. */
  access(node: ObservedNode): Promise<ClusterAccess>
}

export type RuntimeErrorCode =
  | 'RuntimeUnavailable'
  | 'ImageUnavailable'
  | 'SubnetTaken'
  | 'PortTaken'
  | 'BootstrapFailed'
  | 'NodeMissing'
  | 'NodeNotRunning'

/** A failure a runtime tells apart. `output` is the end of what the failing program printed. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode
  readonly output: string | undefined

  constructor(code: RuntimeErrorCode, message: string, options: { output?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'RuntimeError'
    this.code = code
    this.output = options.output
  }
}
