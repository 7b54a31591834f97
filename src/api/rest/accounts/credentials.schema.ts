import { Type } from '@sinclair/typebox'
import {
  issuedServiceAccountSchema,
  issuedTokenSchema,
  serviceAccountCreateSchema,
  tokenCreateSchema,
} from '../../../engine/users/schema.ts'
import { ref } from '../../http/openapi/ref.ts'
import { done, ok } from '../answers.ts'
import { describe } from '../describe.ts'
import { serviceAccountListSchema, tokenListSchema } from './schemas.ts'
import { userParams } from './users.schema.ts'

const tag = 'users'
const whose = 'Users manage their own, admins everybody’s.'

/** A credential of a user, by its id or name. */
function one(noun: string) {
  return Type.Object({
    ...userParams.properties,
    credential: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$',
      description: `Id or name of the ${noun}`,
      examples: ['laptop'],
    }),
  })
}

export const tokenList = describe(
  { params: userParams },
  {
    operationId: 'tokenList',
    summary: "List a user's tokens",
    description: `${whose} The tokens themselves are kept nowhere.`,
    tag,
    answers: { 200: ok(tokenListSchema, 'The tokens') },
  },
)

export const tokenCreate = describe(
  { params: userParams, body: ref(tokenCreateSchema) },
  {
    operationId: 'tokenCreate',
    summary: 'Create a token',
    description: `${whose} The answer shows it this once. Send it as \`Authorization: Bearer\`, as the password of HTTP Basic, or as QBO's cookie \`qbo_uid\`.`,
    tag,
    change: true,
    answers: { 201: ok(issuedTokenSchema, 'The token') },
    errors: ['Forbidden', 'AlreadyExists'],
  },
)

export const tokenRevoke = describe(
  { params: one('token') },
  {
    operationId: 'tokenDelete',
    summary: 'Revoke a token',
    description: `${whose} What was opened with it ends.`,
    tag,
    change: true,
    answers: { 204: done('It lets nobody in any more') },
  },
)

export const serviceAccountList = describe(
  { params: userParams },
  {
    operationId: 'serviceAccountList',
    summary: "List a user's service accounts",
    description: whose,
    tag,
    answers: { 200: ok(serviceAccountListSchema, 'The service accounts') },
  },
)

export const serviceAccountCreate = describe(
  { params: userParams, body: ref(serviceAccountCreateSchema) },
  {
    operationId: 'serviceAccountCreate',
    summary: 'Create a service account for a QBO client',
    description: `${whose} \`cli\` is what the client wants as \`~/.qbo/cli.json\`.`,
    tag,
    change: true,
    answers: { 201: ok(issuedServiceAccountSchema, 'The service account') },
    errors: ['Forbidden', 'AlreadyExists'],
  },
)

export const serviceAccountRevoke = describe(
  { params: one('service account') },
  {
    operationId: 'serviceAccountDelete',
    summary: 'Revoke a service account',
    description: `${whose} What was opened with it ends.`,
    tag,
    change: true,
    answers: { 204: done('It lets nobody in any more') },
  },
)
