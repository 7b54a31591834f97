/** What a caller may say beside a command. */
export interface CommandOptions {
  /** A caller's key: the same command with the same key again is carried out once and answers alike. */
  idempotencyKey?: string
  /** The resourceVersion the resource must have; PreconditionFailed when it has another. */
  ifMatch?: string
}
