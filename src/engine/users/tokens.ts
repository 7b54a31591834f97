import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import { asked } from '../../store/unavailable.ts'
import type { Principal } from '../accounts/principal.ts'
import { hashOf, newToken } from '../accounts/tokens.ts'
import { requireValid } from '../validate.ts'
import { claimName, expiryOf, matchesIdOrName, requireRoom } from './credentials.ts'
import type { UserCommandDependencies } from './dependencies.ts'
import { lockUser, requireUser } from './guard.ts'
import { type IssuedToken, type Token, type TokenCreate, tokenCreateSchema } from './schema.ts'

/** Users manage their own tokens, admins everybody's; another's user is NotFound. */
export interface TokenCommands {
  /** Errors: NotFound, InvalidRequest, AlreadyExists (the name), Forbidden (too many). */
  create(principal: Principal, user: string, body: TokenCreate): Promise<IssuedToken>
  list(principal: Principal, user: string): Promise<Token[]>
  /** By id or name. Whoever used it has lost it when this resolves. Errors: NotFound. */
  revoke(principal: Principal, user: string, idOrName: string): Promise<void>
}

export interface CredentialDependencies extends UserCommandDependencies {
  clock: Clock
  ids: () => string
}

/** How long a web token is valid where nobody says, in seconds. */
const webTokenSeconds = 12 * 3600

interface TokenRow extends Pick<Token, 'id' | 'name' | 'kind'> {
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
}

export function createTokenCommands(dependencies: CredentialDependencies): TokenCommands {
  const { store, accounts, table, clock, ids } = dependencies
  const check = TypeCompiler.Compile(tokenCreateSchema)
  return {
    async create(principal, name, body) {
      const user = requireUser(table, principal, name)
      requireValid(check, body)
      const { kind = 'token' } = body
      const token = kind === 'web' ? ids() : newToken()
      const row: TokenRow = {
        id: ids(),
        name: body.name,
        kind,
        createdAt: new Date(clock.now()),
        expiresAt: expiryOf(clock, kind === 'web' ? (body.expiresIn ?? webTokenSeconds) : body.expiresIn),
        lastUsedAt: null,
      }
      await claimName('token', () =>
        store.transaction(async sql => {
          await lockUser(sql, user)
          await requireRoom(sql, 'tokens', name)
          await sql`
            insert into tokens (id, user_name, name, kind, hash, created_at, expires_at)
            values (${row.id}, ${name}, ${row.name}, ${kind}, ${hashOf(token)}, ${row.createdAt}, ${row.expiresAt})`
        }),
      )
      await accounts.load()
      return { ...viewToken(row), token }
    },

    async list(principal, name) {
      requireUser(table, principal, name)
      const rows = await asked(
        () => store.sql<TokenRow[]>`
        select id, name, kind, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"
        from tokens where user_name = ${name} order by name`,
      )
      return rows.map(viewToken)
    },

    async revoke(principal, name, idOrName) {
      requireUser(table, principal, name)
      const gone = await asked(
        () => store.sql`
        delete from tokens where user_name = ${name} and ${matchesIdOrName(store.sql, idOrName)} returning id`,
      )
      if (gone.length === 0) throw new GatewayError('NotFound', `${name} has no token ${JSON.stringify(idOrName)}`)
      await accounts.load()
    },
  }
}

function viewToken({ createdAt, expiresAt, lastUsedAt, ...row }: TokenRow): Token {
  return {
    ...row,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}
