import type { Engine } from '../../engine/api.ts'
import type { BrowserCookies } from './cookies.ts'
import type { Throttle } from './throttle.ts'

/** What it takes to find out who asks, and who may not. */
export interface Gate {
  accounts: Engine['accounts']
  cookies: BrowserCookies
  /** Origins besides the gateway's own whose pages may change things. */
  allowedOrigins: ReadonlySet<string>
  throttle: Throttle
}
