import type { Engine } from '../../engine/api.ts'

export interface VkubeSettings {
  /** Whether regions, images and ports may be asked for without a secret. */
  public: boolean
  /** Requests that an address may make there in a minute. */
  requestsPerMinute: number
}

/** What the routes share. */
export interface VkubeContext {
  engine: Engine
  settings: VkubeSettings
  /** `/api/v1/k8s` or `/k8s`. */
  prefix: string
  /** Log streams that are open, by order. */
  streams: Map<string, number>
}
