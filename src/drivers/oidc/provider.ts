import type { Configuration, CustomFetch, DiscoveryRequestOptions } from 'openid-client'
import { type Claims, type IdentityProvider, IdentityProviderError } from '../identity-provider.ts'

export interface OidcOptions {
  /** The issuer's URL; of `http:` only for loopback, which whoever reads the setting has checked. */
  issuer: string
  clientId: string
  /** Empty for a client without a secret; PKCE protects both. */
  clientSecret: string
  /** How requests are made; the global fetch by default. */
  fetch?: CustomFetch
}

type Client = typeof import('openid-client')

const timeoutSeconds = 10
/** How far the provider's clock may be from ours. */
const toleranceSeconds = 30

/**
 * An OpenID Connect provider, by the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636). The id token's
 * signature, issuer, audience, times and nonce are checked. The provider is asked for its addresses at the first login.
 */
export function createOidcProvider(options: OidcOptions): IdentityProvider {
  const { issuer, clientId, clientSecret, fetch } = options
  let discovered: Promise<Configuration> | undefined

  async function discover(client: Client): Promise<Configuration> {
    const request: DiscoveryRequestOptions = {
      timeout: timeoutSeconds,
      execute: [
        client.enableNonRepudiationChecks,
        ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : []),
      ],
    }
    if (fetch) request[client.customFetch] = fetch
    return client.discovery(
      new URL(issuer),
      clientId,
      { [client.clockTolerance]: toleranceSeconds },
      clientSecret === '' ? client.None() : client.ClientSecretPost(clientSecret),
      request,
    )
  }

  async function connect(): Promise<{ client: Client; configuration: Configuration }> {
    // Some 30 ms to load, which only those pay who log in.
    const client = await import('openid-client')
    discovered ??= discover(client).catch(error => {
      discovered = undefined
      throw new IdentityProviderError('unavailable', 'The identity provider does not answer.', error)
    })
    return { client, configuration: await discovered }
  }

  return {
    async begin(redirectUri) {
      const { client, configuration } = await connect()
      const checks = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      }
      const location = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: 'openid email',
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
      })
      return { location: location.href, checks }
    },

    async redeem(url, { state, nonce, verifier }) {
      const { client, configuration } = await connect()
      try {
        const tokens = await client.authorizationCodeGrant(configuration, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims()
        if (!claims) throw new IdentityProviderError('refused', 'The identity provider sent no id token.')
        // Providers may keep the address for who asks: OpenID Connect Core 1.0, section 5.4.
        const about =
          claims.email === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined
            ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
            : claims
        return claimsOf({ ...claims, email: about.email, email_verified: about.email_verified })
      } catch (error) {
        throw refusalOf(error, client)
      }
    },
  }
}

function claimsOf(claims: { iss: string; sub: string; email: unknown; email_verified: unknown }): Claims {
  const { iss, sub, email, email_verified } = claims
  return {
    issuer: iss,
    subject: sub,
    email: typeof email === 'string' ? email : undefined,
    emailVerified: email_verified === true,
  }
}

/** What the library found, without what it holds of the answer. */
function refusalOf(error: unknown, client: Client): IdentityProviderError {
  if (error instanceof IdentityProviderError) return error
  if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError)
    return new IdentityProviderError('refused', `The identity provider answered ${plain(error.error)}.`, error)
  const code = error instanceof client.ClientError ? error.code : undefined
  const unanswered = code === undefined || code === 'OAUTH_TIMEOUT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM'
  return unanswered
    ? new IdentityProviderError('unavailable', 'The identity provider does not answer as it should.', error)
    : new IdentityProviderError('refused', `What the identity provider sent is no valid login (${code}).`, error)
}

function plain(text: string): string {
  return /^[\w.-]{1,64}$/.test(text) ? text : 'with an error'
}
