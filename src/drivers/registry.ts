/**
 * What the engine asks of container registries (OCI Distribution Specification 1.1). `registry/` does it over HTTP. Nothing
 * is kept from one call to the next.
 */
export interface Registry {
  /**
   * The manifest that a reference names; undefined when the registry says that there is none. Rejects with RegistryError.
   */
  manifest(reference: ImageReference, options?: RegistryOptions): Promise<Manifest | undefined>
  /**
   * The repository's tags in the registry's order, at most `mostTags`; undefined when there is no such repository.
   * Rejects with RegistryError.
   */
  tags(reference: ImageReference, options?: RegistryOptions): Promise<string[] | undefined>
}

export interface RegistryOptions {
  /** Sent to the registry and to the token service that it names itself, never to where one of them redirects. */
  credentials?: RegistryCredentials
  signal?: AbortSignal
}

export interface RegistryCredentials {
  username: string
  password: string
}

/** A reference in its full form: what `nginx` leaves out is there. */
export interface ImageReference {
  /** `docker.io`, `ghcr.io`, `registry.example.com:5000`. */
  host: string
  /** `library/nginx`. */
  repository: string
  /** Given without tag and digest: `latest`. */
  tag: string | null
  /** `sha256:` and 64 hexadecimal digits. */
  digest: string | null
}

export interface Manifest {
  /** Of the manifest or index, as the registry names it or its bytes give it. */
  digest: string
  mediaType: string
}

/** Tags that are read of a repository at most. */
export const mostTags = 1000

export type RegistryErrorCode =
  /** The credentials are wrong, or missing, or do not allow it. Docker Hub says so of what does not exist, too. */
  | 'Denied'
  /** The address is not public and the operator does not allow the host. */
  | 'HostNotAllowed'
  /** No usable answer: none in time, none at all, or the registry's own fault. */
  | 'RegistryUnavailable'

/** A failure of a registry. The message names hosts, and never credentials. */
export class RegistryError extends Error {
  readonly code: RegistryErrorCode

  constructor(code: RegistryErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'RegistryError'
    this.code = code
  }
}
