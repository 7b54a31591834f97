import { type Static, Type } from '@sinclair/typebox'
import { quotasPatchSchema, quotasSchema } from '../quotas/schema.ts'
import { closed, metadataSchema, nullable, timestamp, uuid } from '../schema.ts'

/** A user's name may be an address of e-mail, as QBO's are. `me` stands for whoever asks. */
export const userName = Type.String({
  pattern: '^(?!me$)[a-z0-9][a-z0-9._@+-]{0,126}$',
  maxLength: 127,
  description: '1 to 127 of a–z, 0–9, `.`, `_`, `@`, `+`, `-`; a letter or digit first; not `me`',
  examples: ['ann'],
})

export const emailAddress = Type.String({
  pattern: '^[^\\s@]{1,64}@[^\\s@]{1,189}$',
  maxLength: 254,
  description: 'Address of e-mail; nobody else may have it',
  examples: ['ann@example.com'],
})

const admin = Type.Boolean({ description: 'Admins see and may do everything' })
const disabled = Type.Boolean({ description: 'Whether the credentials count for nothing' })

export const userSchema = closed(
  {
    id: uuid("The user's id"),
    name: Type.String({ examples: ['ann'] }),
    owner: Type.String({ description: 'The same as `name`: users see themselves' }),
    email: nullable(Type.String({ examples: ['ann@example.com'] }), 'Null where none is known'),
    admin,
    disabled,
    quotas: quotasSchema,
    metadata: metadataSchema,
  },
  { $id: 'User', title: 'User', description: 'Somebody who may use the gateway' },
)
export type User = Static<typeof userSchema>

export const userCreateSchema = closed(
  { name: userName, email: Type.Optional(emailAddress), admin: Type.Optional({ ...admin, default: false }) },
  { $id: 'UserCreate', title: 'UserCreate', examples: [{ name: 'ann', email: 'ann@example.com' }] },
)
export type UserCreate = Static<typeof userCreateSchema>

export const userPatchSchema = closed(
  {
    email: Type.Optional(nullable(emailAddress, 'Address of e-mail; null: none')),
    admin: Type.Optional(admin),
    disabled: Type.Optional(disabled),
    quotas: Type.Optional(quotasPatchSchema),
  },
  {
    $id: 'UserPatch',
    title: 'UserPatch',
    minProperties: 1,
    examples: [{ disabled: true }, { quotas: { clusters: 20, nodes: null } }],
  },
)
export type UserPatch = Static<typeof userPatchSchema>

export const credentialName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$',
  maxLength: 63,
  description: '1 to 63 of A–Z, a–z, 0–9, `.`, `_`, `@`, `-`; a letter or digit first',
  examples: ['laptop'],
})

const tenYears = 10 * 365 * 24 * 3600
const expiresIn = Type.Integer({
  minimum: 1,
  maximum: tenYears,
  description: 'How long it shall be valid, in seconds',
  examples: [86_400],
})

const stored = {
  id: uuid('Its id'),
  name: Type.String({ examples: ['laptop'] }),
  createdAt: timestamp('When it was made'),
  expiresAt: nullable(timestamp(''), 'When it expires; null: never'),
  lastUsedAt: nullable(timestamp(''), 'When it was last used, to the minute; null: never'),
}

export const tokenKind = Type.Union([Type.Literal('token'), Type.Literal('web')], {
  description: "`token`: an API token; `web`: for QBO's cookie `qbo_uid`, always expires",
})

export const tokenSchema = closed(
  { ...stored, kind: tokenKind },
  { $id: 'Token', title: 'Token', description: 'A token as it is kept: without what lets somebody in' },
)
export type Token = Static<typeof tokenSchema>

export const tokenCreateSchema = closed(
  {
    name: credentialName,
    kind: Type.Optional({ ...tokenKind, default: 'token' }),
    expiresIn: Type.Optional({
      ...expiresIn,
      description: 'How long it shall be valid, in seconds; without it: for ever, a web token for 12 hours',
    }),
  },
  { $id: 'TokenCreate', title: 'TokenCreate', examples: [{ name: 'laptop' }, { name: 'ci', expiresIn: 86_400 }] },
)
export type TokenCreate = Static<typeof tokenCreateSchema>

export const issuedTokenSchema = closed(
  {
    ...stored,
    kind: tokenKind,
    token: Type.String({
      description: 'The token itself: shown this once',
      examples: ['kg_4vFhX0kTgq0Vb2m0o8pXyJx0m1c9kq7Zq2b3n4r5s6t'],
    }),
  },
  { $id: 'IssuedToken', title: 'IssuedToken', description: 'A new token' },
)
export type IssuedToken = Static<typeof issuedTokenSchema>

export const serviceAccountSchema = closed(stored, {
  $id: 'ServiceAccount',
  title: 'ServiceAccount',
  description: 'A P-521 key by which a QBO client authenticates',
})
export type ServiceAccount = Static<typeof serviceAccountSchema>

export const serviceAccountCreateSchema = closed(
  {
    name: credentialName,
    expiresIn: Type.Optional({
      ...expiresIn,
      description: 'How long it shall be valid, in seconds; without it: for ever',
    }),
  },
  { $id: 'ServiceAccountCreate', title: 'ServiceAccountCreate', examples: [{ name: 'cli' }] },
)
export type ServiceAccountCreate = Static<typeof serviceAccountCreateSchema>

/** What a QBO client has in `~/.qbo/cli.json` (QBO AsyncAPI, `users[].cli.conf`). Whoever has it is the user. */
export const cliDocumentSchema = closed(
  {
    qbo_uid: closed({
      crv: Type.Literal('P-521'),
      kty: Type.Literal('EC'),
      x: Type.String({
        examples: ['AMu-cWn4gmkQiCAJMeW4BfZUAhPwAA3rROnw6nGUk8hl3bvV7gKKng2Eov6oxTvg70kulH6Nbq2wvJbAzyAjnPlT'],
      }),
      y: Type.String({
        examples: ['Ab7VgSfOzG-7IgRF6ffUn5E0J43eDL8_vFtFtP7RihVgNBMUeZzo0yaskfx59SdqnL8q24wEHSTp4dDUxNal3kQ1'],
      }),
    }),
    qbo_aux: uuid('What the client encrypts'),
    qbo_port: Type.Integer({ minimum: 1, maximum: 65_535, examples: [443] }),
    qbo_host: Type.String({ examples: ['gateway.example.com'] }),
    qbo_user: Type.String({
      description: 'Address of e-mail; the name where none is known',
      examples: ['ann@example.com'],
    }),
  },
  { description: 'The document for `~/.qbo/cli.json`: shown this once, as it lets in whoever has it' },
)
export type CliDocument = Static<typeof cliDocumentSchema>

export const issuedServiceAccountSchema = closed(
  { ...stored, cli: cliDocumentSchema },
  { $id: 'IssuedServiceAccount', title: 'IssuedServiceAccount', description: 'A new service account' },
)
export type IssuedServiceAccount = Static<typeof issuedServiceAccountSchema>
