import type { IdentityProvider, LoginChecks } from '../../drivers/identity-provider.ts'
import { IdentityProviderError } from '../../drivers/identity-provider.ts'
import { GatewayError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Identity } from '../accounts/identity.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { SealError } from '../secrets/keyring.ts'
import { userOf } from './people.ts'
import { admit, type LoginPolicy, pathOfReturn } from './policy.ts'
import { endSession, openSession, type SessionDependencies } from './sessions.ts'

export interface LoginCommands {
  /**
   * Where the browser goes to log in, and what it keeps meanwhile: `state` is sealed and good for `stateSeconds`.
   * Errors: NotFound (login is not set up), Unavailable (the identity provider).
   */
  begin(returnTo: string | undefined): Promise<{ location: string; state: string }>
  /**
   * Logs in whoever the identity provider sent back to `target` (path and query), with the state that their browser kept;
   * makes the user if need be. Errors: NotFound, Unauthorized (what came back is no login), Forbidden (they may not log
   * in), Unavailable.
   */
  finish(target: string, state: string | undefined): Promise<Login>
  /** Ends the session that somebody asks by. Errors: Conflict (it is no session). */
  end(identity: Identity): Promise<void>
}

export interface Login {
  user: string
  /** What the browser shows from now on; only its hash is kept. */
  session: string
  /** How long that is good at most, in seconds. */
  seconds: number
  /** A path of this gateway. */
  returnTo: string
}

/** How long somebody may take to log in at the identity provider. */
export const stateSeconds = 600

export interface LoginDependencies extends SessionDependencies {
  /** Undefined: nobody can log in. */
  provider: IdentityProvider | undefined
  accounts: Pick<Accounts, 'load'>
  keyring: Keyring
  log: Log
  /** The gateway's origin as browsers see it. */
  publicUrl: string
  policy: LoginPolicy
}

/** What the browser keeps while it is away. */
interface Kept {
  checks: LoginChecks
  returnTo: string
  until: number
}

const sealedFor = 'login'

export function createLogins(dependencies: LoginDependencies): LoginCommands {
  const { provider, accounts, keyring, store, clock, log, publicUrl, policy } = dependencies

  function available(): IdentityProvider {
    if (provider) return provider
    throw new GatewayError('NotFound', 'Login is not set up; the setting OIDC_ISSUER does.')
  }

  async function asking<T>(request: Promise<T>): Promise<T> {
    try {
      return await request
    } catch (error) {
      if (!(error instanceof IdentityProviderError)) throw error
      log.info({ err: error }, 'no login')
      throw new GatewayError(error.kind === 'refused' ? 'Unauthorized' : 'Unavailable', error.message)
    }
  }

  return {
    async begin(returnTo) {
      const { location, checks } = await asking(available().begin(new URL('/login/callback', publicUrl).href))
      const until = clock.now() + stateSeconds * 1000
      const kept: Kept = { checks, returnTo: pathOfReturn(returnTo), until }
      return { location, state: await keyring.seal(JSON.stringify(kept), sealedFor) }
    },

    async finish(target, state) {
      const from = available()
      const kept = state === undefined ? undefined : await open(keyring, state)
      if (!kept || kept.until <= clock.now())
        throw new GatewayError(
          'Unauthorized',
          'This login was not begun in this browser, or too long ago: begin again.',
        )
      const claims = await asking(from.redeem(new URL(target, publicUrl), kept.checks))
      const address = admit(claims, policy)
      const login = await store.transaction(async sql => {
        const user = await userOf(sql, { claims, address, policy })
        return { user, ...(await openSession(sql, user, dependencies)) }
      })
      await accounts.load()
      return { ...login, returnTo: kept.returnTo }
    },

    async end({ credential }) {
      if (credential.kind !== 'session')
        throw new GatewayError('Conflict', 'You are not logged in with a browser; revoke the token instead.')
      await endSession(store.sql, credential.id)
      await accounts.load()
    },
  }
}

async function open(keyring: Keyring, state: string): Promise<Kept | undefined> {
  try {
    return JSON.parse(await keyring.open(state, sealedFor))
  } catch (error) {
    if (error instanceof SealError) return undefined
    throw error
  }
}
