import type { Claims } from '../../drivers/identity-provider.ts'
import { GatewayError } from '../../errors.ts'

/** Who may log in. */
export interface LoginPolicy {
  /** Addresses of e-mail, and domains that stand for all addresses there (not for those of domains below). Empty: nobody. */
  allowed: readonly string[]
  /** Addresses whose users are made as admins. */
  admins: readonly string[]
}

/** The address of e-mail, in lower case, of somebody who may log in. Throws Forbidden for everybody else. */
export function admit({ email, emailVerified }: Claims, { allowed }: LoginPolicy): string {
  if (email === undefined || email.length > 254 || !/^[^\s@]{1,64}@[^\s@]{1,189}$/.test(email))
    throw new GatewayError('Forbidden', 'The identity provider gives no e-mail address for you.')
  if (!emailVerified)
    throw new GatewayError('Forbidden', 'Your e-mail address is not verified at the identity provider.')
  const address = email.toLowerCase()
  const domain = address.slice(address.indexOf('@') + 1)
  const lets = (entry: string) => (entry.includes('@') ? entry === address : entry === domain)
  if (!allowed.some(entry => lets(entry.toLowerCase())))
    throw new GatewayError('Forbidden', `${address} may not log in here; the setting OIDC_ALLOWED says who may.`)
  return address
}

/** Whether the user of an address is made as an admin. */
export function isAdmin(address: string, { admins }: LoginPolicy): boolean {
  return admins.some(admin => admin.toLowerCase() === address)
}

/**
 * Where a browser goes after a login: a path of this gateway. What might lead to somewhere else is left out; `/docs` then.
 */
export function pathOfReturn(wanted: string | undefined): string {
  const origin = 'http://gateway.invalid'
  if (wanted === undefined || wanted.length > 1024 || !/^\/(?![/\\])[\x21-\x7e]*$/.test(wanted)) return '/docs'
  if (!URL.canParse(wanted, origin)) return '/docs'
  const url = new URL(wanted, origin)
  const path = url.pathname + url.search + url.hash
  return url.origin === origin && !path.startsWith('//') ? path : '/docs'
}
