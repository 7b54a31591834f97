import type { TSchema } from '@sinclair/typebox'
import { auditEntrySchema } from '../../../engine/audit/schema.ts'
import {
  issuedServiceAccountSchema,
  issuedTokenSchema,
  serviceAccountCreateSchema,
  serviceAccountSchema,
  tokenCreateSchema,
  tokenSchema,
  userCreateSchema,
  userPatchSchema,
  userSchema,
} from '../../../engine/users/schema.ts'
import { eventOf, listOf, plainListOf } from '../schemas.ts'
import { auditExample, serviceAccountExample, tokenExample, userExample } from './examples.ts'

export const userListSchema = listOf(userSchema, userExample)
export const userEventSchema = eventOf(userSchema)
export const tokenListSchema = plainListOf(tokenSchema, tokenExample)
export const serviceAccountListSchema = plainListOf(serviceAccountSchema, serviceAccountExample)
export const auditListSchema = listOf(auditEntrySchema, auditExample)
export const auditEventSchema = eventOf(auditEntrySchema)

/** Those that have a name of their own in the OpenAPI document. */
export const accountSchemas: TSchema[] = [
  userSchema,
  userCreateSchema,
  userPatchSchema,
  userListSchema,
  userEventSchema,
  tokenSchema,
  tokenCreateSchema,
  tokenListSchema,
  issuedTokenSchema,
  serviceAccountSchema,
  serviceAccountCreateSchema,
  serviceAccountListSchema,
  issuedServiceAccountSchema,
  auditEntrySchema,
  auditListSchema,
  auditEventSchema,
]
