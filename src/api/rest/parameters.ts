import { type Static, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { clusterName } from '../../engine/clusters/schema.ts'
import { closed } from '../../engine/schema.ts'
import { mostWait } from './headers.ts'

export const clusterParams = Type.Object({ name: { ...clusterName, description: "The cluster's name" } })

/** A property of a resource as a filter on lists; without examples, which Swagger UI would send. */
export function filterBy<T extends TSchema>(property: T) {
  const { description: _description, examples: _examples, ...schema } = property
  return Type.Optional(Type.Unsafe<Static<T>>({ ...schema, description: 'Only those with this value' }))
}

/** A filter by a text that is free otherwise. */
export function filterText(description: string) {
  return Type.Optional(Type.String({ maxLength: 512, description: `${description}; only those with this value` }))
}

export const watchParameters = {
  watch: Type.Optional(
    Type.Boolean({
      description:
        'Stream every change instead: newline-delimited JSON, or Server-Sent Events where `Accept` prefers `text/event-stream`',
    }),
  ),
  resourceVersion: Type.Optional(
    Type.String({
      pattern: '^\\d{0,32}$',
      description:
        'Watch what came after this version; without it (or with `0`) a watch begins with the state as it is. A list always shows the newest state.',
    }),
  ),
}

/** Query of a list, with the resource's own field filters. */
export function listParameters<T extends TProperties>(filters: T) {
  return closed({
    limit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'Most objects on a page; 0, the default: all' }),
    ),
    continue: Type.Optional(
      Type.String({ maxLength: 4096, description: 'The `metadata.continue` of the page before, to get the next one' }),
    ),
    labelSelector: Type.Optional(
      Type.String({
        maxLength: 4096,
        description: "Kubernetes' label selector, such as `team=payments,tier in (web,db)`",
      }),
    ),
    ...filters,
    ...watchParameters,
  })
}

/** A parameter of lists of what lives in Kubernetes; `fields` are those it may name. */
export function fieldSelectorOf(fields: object) {
  const names = Object.keys(fields).map(name => `\`${name}\``)
  return Type.Optional(
    Type.String({
      maxLength: 4096,
      description: `Kubernetes' field selector, with \`=\`, \`==\` and \`!=\`; the fields are ${names.join(', ')}`,
    }),
  )
}

const kubernetesName = Type.String({ pattern: '^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$' })

/** Of what lives in a namespace of a cluster. */
export const namespacedParams = Type.Object({
  cluster: { ...clusterName, description: "The cluster's name" },
  namespace: { ...kubernetesName, description: 'The namespace', examples: ['default'] },
  name: { ...kubernetesName, description: 'Its name' },
})

/** Of routes that say nothing else: every query parameter is an error. */
export const noParameters = closed({})

export const oneParameters = closed(watchParameters)

const idempotencyKey = Type.Optional(
  Type.String({
    pattern: '^[\\x21-\\x7e]{1,255}$',
    description:
      '1 to 255 visible ASCII characters: the same request with the same key again is carried out once and answers alike',
  }),
)

const ifMatch = Type.Optional(
  Type.String({
    description: 'The `ETag` that the resource must still have, in its double quotes, else 412; `*` for any',
  }),
)

const prefer = Type.Optional(
  Type.String({
    description: `\`wait=N\` (RFC 7240) waits up to N seconds, at most ${mostWait}, for the operation to end: 200 when it has, however it ended; 202 when it has not`,
  }),
)

export const createHeaders = Type.Object({ prefer, 'idempotency-key': idempotencyKey })
export const changeHeaders = Type.Object({ prefer, 'if-match': ifMatch })
/** Of a change that is done when it is answered. */
export const ifMatchHeaders = Type.Object({ 'if-match': ifMatch })
/** Of a POST on something that exists. */
export const actHeaders = Type.Object({ prefer, 'idempotency-key': idempotencyKey, 'if-match': ifMatch })
export type CommandHeaders = { [name in keyof Static<typeof actHeaders>]?: string | undefined }

const lastEventId = Type.Optional(
  Type.String({
    pattern: '^\\d{0,32}$',
    description: 'Resumes a watch, as `resourceVersion` does, and goes before it: what an EventSource sends',
  }),
)

export const listHeaders = Type.Object({ 'last-event-id': lastEventId })
export const oneHeaders = Type.Object({
  'last-event-id': lastEventId,
  'if-none-match': Type.Optional(Type.String({ description: 'An `ETag`: 304 when the resource still has it' })),
})
