import { type RegistryCredentials, RegistryError } from '../registry.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { type Answer, type Exchange, unavailable } from './exchange.ts'

export interface Authorize {
  exchange: Exchange
  /** The answer with status 401. */
  refused: Answer
  repository: string
  /** Those for the host that refused. */
  credentials: RegistryCredentials | undefined
  signal: AbortSignal
}

const maxTokenBytes = 64 * 1024

/**
 * The Authorization that a registry asks for: a token of the service that it names, or the credentials themselves.
 * https://distribution.github.io/distribution/spec/auth/token/
 * @throws {RegistryError} Denied when none can be had.
 */
export async function authorize(of: Authorize): Promise<string> {
  const { refused, credentials } = of
  const challenges = parseChallenges(refused.headers['www-authenticate'])
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm)
  if (bearer) return `Bearer ${await tokenFrom(bearer, of)}`
  if (credentials && challenges.some(({ scheme }) => scheme === 'basic')) return basic(credentials)
  throw denied(refused.url.host)
}

async function tokenFrom(challenge: Challenge, of: Authorize): Promise<string> {
  const { exchange, refused, repository, credentials, signal } = of
  const { realm = '', service, scope = `repository:${repository}:pull` } = challenge.parameters
  const url = URL.parse(realm)
  if (!url) throw unavailable(`${refused.url.host} names a token service that is no address`)
  if (service !== undefined) url.searchParams.set('service', service)
  url.searchParams.set('scope', scope)
  const answer = await exchange({
    method: 'GET',
    url,
    accept: 'application/json',
    authorization: credentials && basic(credentials),
    maxBytes: maxTokenBytes,
    signal,
  })
  if (answer.status === 429 || answer.status >= 500) throw unavailable(`${url.host} answered ${answer.status}`)
  if (answer.status !== 200) throw denied(url.host)
  return readToken(answer)
}

function readToken({ body, url }: Answer): string {
  let answer: unknown
  try {
    answer = JSON.parse(body.toString())
  } catch {
    answer = undefined
  }
  const token = member(answer, 'token') ?? member(answer, 'access_token')
  // Anything else could not be sent in a header.
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) throw unavailable(`${url.host} gives no token`)
  return token
}

function member(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1]
  return typeof found === 'string' ? found : undefined
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

export function denied(host: string): RegistryError {
  return new RegistryError('Denied', `${host} does not allow it with these credentials`)
}
