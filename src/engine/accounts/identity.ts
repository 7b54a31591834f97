import type { Principal } from './principal.ts'

/** What somebody has shown to be who they are. `id` is the row's, and never a secret. */
export interface Credential {
  kind: 'token' | 'web' | 'serviceAccount' | 'session'
  id: string
}

/** Who asks, by which credential, and for how long that holds. */
export interface Identity {
  readonly principal: Principal
  readonly credential: Credential
  /**
   * Aborts once the credential is revoked or has expired, and when its user is disabled, deleted or gets another role:
   * what lasts longer than an answer (a watch, a log, a WebSocket) must end with it.
   */
  readonly ended: AbortSignal
}
