import { Type } from '@sinclair/typebox'
import { closed } from '../../../engine/schema.ts'
import { describe } from '../describe.ts'
import { namespacedParams } from '../parameters.ts'

const tag = 'pods'
const params = namespacedParams
const container = Type.Optional(
  Type.String({ maxLength: 63, minLength: 1, description: 'The container; needed where the pod has several' }),
)
const count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647, description }))
const flag = (description: string) => Type.Optional(Type.Boolean({ description }))

export const podLogGet = describe(
  {
    params,
    querystring: closed({
      container,
      tailLines: count('Only so many lines from the end'),
      sinceSeconds: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Only the last so many seconds' }),
      ),
      timestamps: flag('Each line begins with its time'),
      previous: flag('Of the container before its last restart'),
      follow: flag('Goes on until the container ends'),
    }),
  },
  {
    operationId: 'podLogGet',
    summary: "Get or follow a container's log",
    tag,
    answers: {
      200: {
        description: 'The log as the container wrote it',
        content: { 'text/plain': { schema: Type.String(), example: 'listening on :8080\n' } },
      },
    },
    errors: ['Conflict'],
  },
)

export const podDelete = describe(
  {
    params,
    querystring: closed({
      gracePeriodSeconds: count('How long it may take to end, in seconds; its own period when absent'),
    }),
  },
  {
    operationId: 'podDelete',
    summary: 'Delete a pod',
    description: 'Kubernetes ends it; what controls it may make another.',
    tag,
    answers: { 204: { type: 'null', description: 'Kubernetes has been asked to' } },
    errors: ['Conflict'],
  },
)

const streams = {
  container,
  stdin: flag('Pass standard input on'),
  stdout: flag('Pass standard output on'),
  stderr: flag('Pass standard error on; not with `tty`'),
  tty: flag('On a terminal'),
}
const words = Type.String({ maxLength: 65_536 })

const upgrade = {
  answers: {
    101: {
      type: 'null',
      description: "A WebSocket in Kubernetes' protocol `v5.channel.k8s.io` or `v4.channel.k8s.io`",
    },
  },
  errors: ['Conflict', 'UpgradeRequired'] as ('Conflict' | 'UpgradeRequired')[],
}

export const podExec = describe(
  {
    params,
    querystring: closed({
      command: Type.Union([words, Type.Array(words, { minItems: 1, maxItems: 256 })], {
        description: 'The program and, each in a parameter of its own, its arguments',
      }),
      ...streams,
    }),
  },
  { operationId: 'podExec', summary: 'Run a program in a container', tag, ...upgrade },
)

export const podAttach = describe(
  { params, querystring: closed(streams) },
  { operationId: 'podAttach', summary: "Attach to a container's program", tag, ...upgrade },
)
