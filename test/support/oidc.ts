import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { decodeJwt, exportJWK, generateKeyPair, importJWK, type JWTPayload, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'
import type { CustomFetch } from 'openid-client'

export interface Person {
  email?: string
  email_verified?: boolean
}

/** An OpenID Connect provider on loopback, and the browser of somebody who logs in there. */
export interface TestProvider {
  issuer: string
  clientId: string
  clientSecret: string
  /** Who is at the browser, by subject. */
  people: Map<string, Person>
  /** For the gateway's requests: changes what is in id tokens, and signs them anew with the provider's key. */
  fetch: CustomFetch
  /** What the next id tokens say instead. */
  tamper: { with?: JWTPayload }
  /** Follows a login through the provider as the person `subject`; resolves to where the browser is sent at the end. */
  visit(location: string, subject: string): Promise<URL>
}

export interface TestProviderOptions {
  redirectUri: string
  /** Claims come with the id token, or have to be asked for. */
  claimsIn?: 'idToken' | 'userinfo'
}

export async function startProvider(
  t: { after(work: () => Promise<void>): void },
  { redirectUri, claimsIn = 'idToken' }: TestProviderOptions,
): Promise<TestProvider> {
  const people = new Map<string, Person>()
  const signing = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(signing.privateKey)), kid: 'test', alg: 'RS256', use: 'sig' }
  const [clientId, clientSecret] = ['kindgate', 'a secret of at least some length']
  let subject = ''

  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      provider.interactionFinished(request, response, { login: { accountId: subject } }).catch(() => response.destroy())
    } else handle(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  const issuer = `http://127.0.0.1:${address.port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: ['for tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: claimsIn === 'userinfo',
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people.get(id) }) }),
    loadExistingGrant: async context => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client?.clientId ?? '',
        accountId: context.oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope('openid email')
      await grant.save()
      return grant
    },
  })
  const handle = provider.callback()

  const tamper: TestProvider['tamper'] = {}
  return {
    issuer,
    clientId,
    clientSecret,
    people,
    tamper,
    fetch: async (url, options) => {
      const answer = await fetch(url, { ...options, body: options.body ?? null })
      if (!tamper.with || !url.endsWith('/token') || !answer.ok) return answer
      const tokens: { id_token: string } = JSON.parse(await answer.text())
      const id_token = await new SignJWT({ ...decodeJwt(tokens.id_token), ...tamper.with })
        .setProtectedHeader({ alg: 'RS256', kid: 'test' })
        .sign(await importJWK(jwk))
      return Response.json({ ...tokens, id_token })
    },
    visit: async (location, who) => {
      subject = who
      const cookies = new Map<string, string>()
      let url = new URL(location)
      while (url.origin === issuer) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
        for (const line of answer.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          cookies.set(name, value)
        }
        const next = answer.headers.get('location')
        assert.ok(next, `${url}: ${answer.status} ${await answer.text()}`)
        url = new URL(next, url)
      }
      return url
    },
  }
}
