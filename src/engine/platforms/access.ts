import type { KubernetesManifest } from './objects.ts'

/** What the reconciler asks of a cluster; part of the drivers' `ClusterAccess`. */
export interface UnitAccess {
  /** Makes objects, or brings those that are there in line. */
  apply(objects: KubernetesManifest[], signal: AbortSignal): Promise<void>
  /** Deletes an object with what depends on it; missing is fine. */
  remove(
    ref: { apiVersion: string; kind: string; namespace?: string; name: string },
    signal: AbortSignal,
  ): Promise<void>
  list(
    of: { apiVersion: string; kind: string; namespace?: string; labelSelector?: string },
    signal: AbortSignal,
  ): Promise<Record<string, unknown>[]>
}

/** The way into clusters by id; rejects with GatewayError `Unavailable` while one does not answer. */
export interface ClusterWay {
  access(clusterId: string): Promise<UnitAccess>
}
