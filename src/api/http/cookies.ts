import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply } from 'fastify'

/**
 * The cookies that the gateway itself gives to browsers: `session` since a login, `login` while one is under way. No
 * script sees them, and other sites' pages send them only where they lead somebody here. Where the gateway is reached by
 * https, their names begin with `__Host-`: no other host and no page of plain http can put one under it.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
export interface BrowserCookies {
  read(headers: IncomingHttpHeaders, name: CookieName): string | undefined
  give(reply: FastifyReply, name: CookieName, value: string, seconds: number): void
  take(reply: FastifyReply, name: CookieName): void
}

type CookieName = 'session' | 'login'

export function createBrowserCookies({ secure }: { secure: boolean }): BrowserCookies {
  const fullName = (name: CookieName) => `${secure ? '__Host-' : ''}kindgate_${name}`
  const set = (reply: FastifyReply, name: CookieName, value: string, maxAge: number) => {
    const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge } as const
    reply.header('set-cookie', stringifySetCookie({ name: fullName(name), value, ...attributes }))
  }
  return {
    read: ({ cookie = '' }, name) => parseCookie(cookie)[fullName(name)] || undefined,
    give: set,
    take: (reply, name) => set(reply, name, '', 0),
  }
}
