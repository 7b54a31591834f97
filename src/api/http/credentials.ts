import { parseCookie } from 'cookie'
import type { FastifyRequest } from 'fastify'
import type { Identity } from '../../engine/accounts/identity.ts'
import type { Engine } from '../../engine/api.ts'
import type { BrowserCookies } from './cookies.ts'

type Accounts = Engine['accounts']

/** A credential that a request shows, still to be looked at. */
type Shown = (accounts: Accounts) => Identity | undefined | Promise<Identity | undefined>

/** One way to show a credential; undefined when the request has none of its kind. */
type Scheme = (request: FastifyRequest) => Shown | undefined

/**
 * Whom the request's credential stands for. An Authorization header goes before cookies, also one that is no good.
 * `shown` is false where there was nothing to look at.
 */
export async function identify(
  { accounts, cookies }: { accounts: Accounts; cookies: BrowserCookies },
  request: FastifyRequest,
): Promise<{ identity: Identity | undefined; shown: boolean }> {
  const header = authorization(request)
  if (header) return { identity: await header(accounts), shown: true }
  let shown = false
  for (const scheme of [sessionCookie(cookies), qboCookies]) {
    const cookie = scheme(request)
    shown ||= cookie !== undefined
    const identity = await cookie?.(accounts)
    if (identity) return { identity, shown }
  }
  return { identity: undefined, shown }
}

function authorization({ headers }: FastifyRequest): Shown | undefined {
  const header = headers.authorization
  if (header === undefined) return undefined
  const token = bearerToken(header) ?? basicPassword(header)
  return accounts => (token ? accounts.authenticate(token) : undefined)
}

/** The token of an Authorization header of the Bearer scheme (RFC 6750, section 2.1). */
function bearerToken(header: string): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1]
}

/** The password of one of the Basic scheme (RFC 7617): a token, under whatever name, for clients that know only a URL. */
function basicPassword(header: string): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(header)?.[1]
  return encoded && /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8'))?.[1]
}

/** What a browser holds since its login. */
function sessionCookie(cookies: BrowserCookies): Scheme {
  return ({ headers }) => {
    const session = cookies.read(headers, 'session')
    return session === undefined ? undefined : accounts => accounts.authenticateSession(session)
  }
}

/**
 * QBO's cookies (QBO AsyncAPI, `qbo_uid` and `qbo_aux`): a token with an empty aux, or a service account's JWE with the
 * aux that it holds.
 */
function qboCookies({ headers }: FastifyRequest): Shown | undefined {
  if (headers.cookie === undefined) return undefined
  const { qbo_uid, qbo_aux } = parseCookie(headers.cookie)
  const uid = qbo_uid?.replaceAll(/\s/g, '') ?? ''
  const aux = qbo_aux?.trim() ?? ''
  if (uid === '') return undefined
  return accounts => (aux === '' ? accounts.authenticate(uid) : accounts.authenticateServiceAccount(uid, aux))
}
