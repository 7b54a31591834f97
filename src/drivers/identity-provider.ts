/** What an identity provider says of somebody. */
export interface Claims {
  /** Who says it. */
  issuer: string
  /** Who it is there; never another person, as an e-mail address may become. */
  subject: string
  email: string | undefined
  emailVerified: boolean
}

/** What a login's answer is held against. To be kept from everybody but the browser that logs in. */
export interface LoginChecks {
  state: string
  nonce: string
  verifier: string
}

/** Somebody else who knows people and lets them log in. */
export interface IdentityProvider {
  /** Where a browser goes to log in. Rejects with IdentityProviderError `unavailable`. */
  begin(redirectUri: string): Promise<{ location: string; checks: LoginChecks }>
  /**
   * What the provider says of whom it sent back to `url`. An answer is good once, and for its own checks only. Rejects
   * with IdentityProviderError.
   */
  redeem(url: URL, checks: LoginChecks): Promise<Claims>
}

/** The message is for people and holds nothing secret. */
export class IdentityProviderError extends Error {
  override readonly name = 'IdentityProviderError'
  /** `refused`: what came back is no login. `unavailable`: the provider does not answer as it should. */
  readonly kind: 'refused' | 'unavailable'

  constructor(kind: 'refused' | 'unavailable', message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}
