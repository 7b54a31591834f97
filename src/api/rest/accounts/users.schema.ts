import { Type } from '@sinclair/typebox'
import { userCreateSchema, userName, userPatchSchema, userSchema } from '../../../engine/users/schema.ts'
import { mergePatchType } from '../../http/bodies.ts'
import { ref } from '../../http/openapi/ref.ts'
import { done, etagHeader, notModified, ok, watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { describeOne } from '../describe-one.ts'
import { filterBy, ifMatchHeaders, listHeaders, listParameters, oneHeaders, oneParameters } from '../parameters.ts'
import { userEventSchema, userListSchema } from './schemas.ts'

const tag = 'users'
const { admin, disabled } = userSchema.properties

export const userParams = Type.Object({ name: { ...userName, description: "The user's name" } })

export const userList = describe(
  { querystring: listParameters({ admin: filterBy(admin), disabled: filterBy(disabled) }), headers: listHeaders },
  {
    operationId: 'userList',
    summary: 'List or watch users',
    description: 'Admins see all, others themselves.',
    tag,
    answers: { 200: watchable(userListSchema, userEventSchema, 'The users') },
    errors: ['Expired', 'TooManyRequests'],
  },
)

export const userCreate = describe(
  { body: ref(userCreateSchema) },
  {
    operationId: 'userCreate',
    summary: 'Create a user',
    description: 'For admins. A new user has no credential yet: make a token, or let them log in.',
    tag,
    change: true,
    answers: { 201: ok(userSchema, 'The user') },
    errors: ['Forbidden', 'AlreadyExists'],
  },
)

export const userMe = describe(
  { headers: oneHeaders, querystring: oneParameters },
  {
    operationId: 'currentUserGet',
    summary: 'Get the user whose credential this is',
    tag,
    answers: { 200: watchable(userSchema, userEventSchema, 'The user', etagHeader), 304: notModified },
    errors: ['NotFound', 'Expired', 'TooManyRequests'],
  },
)

export const userGet = describeOne({
  params: userParams,
  noun: 'user',
  tag,
  schema: userSchema,
  event: userEventSchema,
})

export const userUpdate = describe(
  { params: userParams, headers: ifMatchHeaders, body: ref(userPatchSchema) },
  {
    operationId: 'userUpdate',
    summary: 'Change the role, quotas or e-mail of a user, or disable them',
    description:
      'For admins. What is not mentioned stays. What it takes away is gone when it is answered: open watches and WebSockets end. The last admin stays one.',
    tag,
    change: true,
    consumes: ['application/json', mergePatchType],
    answers: { 200: ok(userSchema, 'The user', etagHeader) },
    errors: ['Forbidden', 'AlreadyExists', 'Conflict', 'PreconditionFailed'],
  },
)

export const userDelete = describe(
  { params: userParams, headers: ifMatchHeaders },
  {
    operationId: 'userDelete',
    summary: 'Delete a user with all credentials',
    description: 'For admins. Not the last admin, and nobody who owns clusters.',
    tag,
    change: true,
    answers: { 204: done('The user is gone') },
    errors: ['Forbidden', 'Conflict', 'PreconditionFailed'],
  },
)
