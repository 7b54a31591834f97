import type { JsonObject } from './objects.ts'
import type { ClusterPassage } from './passage.ts'
import type { KubernetesCredentials } from './transport.ts'
import type { ReflectorObserver } from './view.ts'

/**
 * The way to one cluster's API server. What the engine asks of Kubernetes; `simulated/` answers the same. Rejections of
 * everything but the watches: KubernetesError, TransportError, the signal's reason, and drain's own.
 */
export interface ClusterAccess extends ClusterObjects {
  /** Where the API server is and how to prove who we are; null where there is none (simulated clusters). */
  readonly endpoint: KubernetesCredentials | null
  /**
   * Each lists and watches one kind of object in all namespaces until `signal` aborts (see reflector.ts for the
   * promises). Resolves once aborted; never rejects.
   */
  watchNodes(observer: ReflectorObserver<KubernetesNode>, signal: AbortSignal): Promise<void>
  watchPods(observer: ReflectorObserver<KubernetesPod>, signal: AbortSignal): Promise<void>
  watchServices(observer: ReflectorObserver<KubernetesService>, signal: AbortSignal): Promise<void>
  /** EndpointSlices; Endpoints where Kubernetes is older than 1.21. */
  watchEndpointSlices(observer: ReflectorObserver<KubernetesEndpoints>, signal: AbortSignal): Promise<void>
  /** Cordons the node and evicts its pods, DaemonSets' and mirror pods left out; gives up after `timeoutMs`. */
  drain(node: string, timeoutMs: number, signal: AbortSignal): Promise<void>
  /** Deletes the Node object, where it is there. */
  deleteNode(node: string, signal: AbortSignal): Promise<void>
  /** Resolves when the API server gives any answer; rejects with TransportError when none comes within `timeoutMs`. */
  ping(timeoutMs: number, signal: AbortSignal): Promise<void>
  /** Null where there is nothing real to pass requests to. */
  readonly passage: ClusterPassage | null
  /** Lets go of connections. */
  close(): void
}

/** Objects of any kind. They are built from the gateway's own types: a caller's JSON is never forwarded. */
export interface ClusterObjects {
  /**
   * Makes the objects or brings them in line (server-side apply, field manager kindgate): namespaces first, workloads
   * last, side by side within that. Can be repeated. Objects without a namespace go to `default` where their kind needs one.
   */
  apply(objects: JsonObject[], signal: AbortSignal): Promise<void>
  /** Deletes an object and, in the background, what depends on it; one that is missing is fine unless it must exist. */
  remove(ref: ObjectRef, signal: AbortSignal, options?: RemoveOptions): Promise<void>
  list(of: ObjectSelection, signal: AbortSignal): Promise<JsonObject[]>
  /** JSON merge patch (RFC 7396) of the object, or of its `status`. Rejects with KubernetesError 404 when it is missing. */
  patch(ref: ObjectRef, patch: JsonObject, options: { subresource?: 'status' }, signal: AbortSignal): Promise<void>
  /**
   * A container's log as it arrives; with `follow` until the container ends or `signal` aborts. Leaving the loop closes
   * the connection. Rejects with KubernetesError 404 (no such pod) or 400 (no such container, or it has not started).
   */
  log(of: LogSelection, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

export interface ObjectRef {
  apiVersion: string
  kind: string
  /** Absent for kinds that live in no namespace. */
  namespace?: string
  name: string
}

export interface RemoveOptions {
  /** How long a pod may take to end; its own period when absent. */
  gracePeriodSeconds?: number
  /** Rejects with KubernetesError 404 when there is no such object. */
  mustExist?: boolean
}

export interface ObjectSelection {
  apiVersion: string
  kind: string
  /** All namespaces when absent. */
  namespace?: string
  labelSelector?: string
  /** `metadata.name=web-0`. */
  fieldSelector?: string
}

export interface LogSelection {
  namespace: string
  pod: string
  /** The pod's only one when absent. */
  container?: string
  tailLines?: number
  sinceSeconds?: number
  timestamps?: boolean
  /** Of the container that ran before the last restart. */
  previous?: boolean
  follow?: boolean
}

/** A Pod, as much of it as the gateway shows. */
export interface KubernetesPod {
  uid: string
  name: string
  namespace: string
  labels: Record<string, string>
  /** Empty while it is not scheduled. */
  node: string
  phase: string
  /** What `kubectl get pods` shows as STATUS: `Running`, `CrashLoopBackOff`, `Init:0/1`. */
  status: string
  /** Why it is not well, in Kubernetes' words; empty where nothing is said. */
  message: string
  /** Containers that are ready and all there are, as kubectl counts them. */
  readyContainers: number
  totalContainers: number
  containers: KubernetesContainer[]
  restarts: number
  /** Whether every container has started. */
  started: boolean
  /** Empty until it is known. */
  podIP: string
  hostIP: string
  /** Ports of the node that lead to it. */
  hostPorts: { containerPort: number; hostPort: number; protocol: string }[]
  /** The object that controls it: `ReplicaSet/web-5d9c7b8f6d`; empty where none does. */
  controller: string
  /** RFC 3339; null where that is not known. */
  createdAt: string | null
  startedAt: string | null
  /** When it was asked to go; null while it was not. */
  deletedAt: string | null
  /** The whole object, of a pod that carries `app.kubernetes.io/managed-by: kindgate`; null of every other. */
  raw: JsonObject | null
}

export interface KubernetesContainer {
  name: string
  image: string
  ready: boolean
  restarts: number
  init: boolean
}

/** A Service, as much of it as the gateway shows. */
export interface KubernetesService {
  uid: string
  name: string
  namespace: string
  labels: Record<string, string>
  type: string
  /** Empty where it has none; `None` on a headless one. */
  clusterIP: string
  /** `spec.externalIPs`. */
  externalIPs: string[]
  /** `spec.loadBalancerIP`, empty where none is asked for. */
  loadBalancerIP: string
  /** `spec.loadBalancerClass`, empty where none is asked for. */
  loadBalancerClass: string
  /** Addresses and host names of `status.loadBalancer.ingress`. */
  ingress: string[]
  externalName: string
  externalTrafficPolicy: string
  selector: Record<string, string>
  ports: KubernetesServicePort[]
  createdAt: string | null
  deletedAt: string | null
}

export interface KubernetesServicePort {
  name: string
  protocol: string
  port: number
  /** A number, or the name of a container's port. */
  targetPort: number | string
  /** Null where it has none. */
  nodePort: number | null
}

/** An EndpointSlice, or an Endpoints object that says the same. */
export interface KubernetesEndpoints {
  name: string
  namespace: string
  /** The service's name. */
  service: string
  ports: { name: string; protocol: string; port: number }[]
  endpoints: { address: string; ready: boolean; node: string; pod: string }[]
}

/** A Kubernetes Node, as much of it as the gateway shows. */
export interface KubernetesNode {
  name: string
  ready: boolean
  /**
   * When the kubelet last said so, milliseconds since the epoch, to the second; null where that is not known. What a
   * node said before it was stopped stands for forty seconds.
   */
  reportedAt: number | null
  /** Why the node is not ready: the Ready condition's message. */
  message: string
  schedulable: boolean
  /** A taint keeps ordinary pods off, as kubeadm's does off a control plane. */
  tainted?: true
  kubeletVersion: string
  kernel: string
  os: string
  /** `containerd://2.1.3`. */
  containerRuntime: string
  conditions: KubernetesCondition[]
  /** As Kubernetes writes quantities: `{"cpu": "2", "memory": "8025740Ki"}`. */
  capacity: Record<string, string>
  allocatable: Record<string, string>
  labels: Record<string, string>
}

export interface KubernetesCondition {
  type: string
  /** `True`, `False` or `Unknown`. */
  status: string
  reason: string
  message: string
  /** When the status last changed, RFC 3339; null where that is not known. */
  since: string | null
}

export type NodeObserver = ReflectorObserver<KubernetesNode>
