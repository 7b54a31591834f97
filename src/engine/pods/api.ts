import type { WebSocket } from 'ws'
import type { LogSelection } from '../../drivers/kubernetes/access.ts'
import type { ClusterPassage } from '../../drivers/kubernetes/passage.ts'
import type { Principal } from '../accounts/principal.ts'

export interface PodRef {
  cluster: string
  namespace: string
  pod: string
}

export type LogOptions = Omit<LogSelection, 'namespace' | 'pod'>

export interface StreamOptions {
  verb: 'exec' | 'attach'
  /** Of `exec` only. */
  command: string[]
  container?: string
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

/** What is asked of a pod itself. Errors of all: NotFound (names which: cluster, namespace, pod, container), Unavailable. */
export interface PodCommands {
  /**
   * A container's log as it arrives; nothing is read ahead of its reader. With `follow` it ends when the container does,
   * or the way to it. Errors: InvalidRequest (which of several containers?), Conflict (it has not started).
   */
  logs(principal: Principal, ref: PodRef, options: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Asks Kubernetes to end the pod; what controls it may make another. */
  remove(
    principal: Principal,
    ref: PodRef,
    options: { gracePeriodSeconds?: number },
    signal: AbortSignal,
  ): Promise<void>
  /** A WebSocket, paused, to a program in a container, in one of the subprotocols. The caller closes it. */
  stream(
    principal: Principal,
    ref: PodRef,
    options: StreamOptions,
    protocols: string[],
    signal: AbortSignal,
  ): Promise<WebSocket>
  /** The way on which a cluster's API is passed through. */
  passage(principal: Principal, cluster: string): Promise<ClusterPassage>
}
