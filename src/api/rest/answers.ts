import { type TSchema, Type } from '@sinclair/typebox'
import { operationSchema } from '../../engine/operations/schema.ts'
import { ref } from '../http/openapi/ref.ts'
import { endedOperationExample, operationExample } from './examples/operations.ts'

const requestId = Type.String({ description: "The request's id, as it is in the log" })

/** 200 with JSON. */
export function ok(schema: TSchema, description: string, headers: Record<string, TSchema> = {}) {
  return {
    description,
    headers: { 'X-Request-Id': requestId, ...headers },
    content: { 'application/json': { schema: ref(schema) } },
  }
}

/** 200 of what can be watched. */
export function watchable(schema: TSchema, event: TSchema, description: string, headers: Record<string, TSchema> = {}) {
  const plain = ok(schema, description, headers)
  return {
    ...plain,
    description: `${description}; with \`watch=true\`, a stream of events`,
    content: {
      ...plain.content,
      'application/x-ndjson': { schema: ref(event) },
      'text/event-stream': {
        schema: Type.String({
          description: `\`id\` is the resourceVersion, \`event\` the type, \`data\` one ${event.$id}`,
        }),
        example: 'id: 1763712000000042\nevent: DELETED\ndata: {"type":"DELETED","object":{}}\n\n',
      },
    },
  }
}

export const etagHeader = {
  ETag: Type.String({ description: "The resource's version", examples: ['"1763712000000042"'] }),
}

/** 204. */
export function done(description: string) {
  return { type: 'null', description, headers: { 'X-Request-Id': requestId } }
}

/** Without content: @fastify/swagger goes by `type`. */
export const notModified = {
  type: 'null',
  description: 'It still has the ETag of `If-None-Match`',
  headers: etagHeader,
}
export const nothingMore = {
  type: 'null',
  description: 'On resuming a watch: the operation has ended, nothing more will come',
}

const operationHeaders = {
  'X-Request-Id': requestId,
  Location: Type.String({ description: 'The operation', examples: [`/api/v1/operations/${operationExample.id}`] }),
  'Preference-Applied': Type.String({ description: 'Present with `Prefer: wait=N`', examples: ['wait=120'] }),
}

/** What a command answers. */
export const commandAnswers = {
  200: {
    description: 'With `Prefer: wait=N`: the operation has ended; its `state` says how',
    headers: operationHeaders,
    content: {
      'application/json': { schema: ref(operationSchema), example: endedOperationExample, 'x-component': 'Ended' },
    },
  },
  202: {
    description: 'Accepted: the operation that does it',
    headers: operationHeaders,
    content: {
      'application/json': { schema: ref(operationSchema), example: operationExample, 'x-component': 'Accepted' },
    },
  },
}
