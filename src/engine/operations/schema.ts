import { type Static, Type } from '@sinclair/typebox'
import { closed, metadataSchema, nullable, ownerField, simulatedField, timestamp, uuid } from '../schema.ts'

export const operationStates = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type OperationState = (typeof operationStates)[number]

export const operationActions = [
  'createCluster',
  'updateCluster',
  'deleteCluster',
  'startCluster',
  'stopCluster',
  'repairCluster',
  'addNodes',
  'deleteNode',
  'startNode',
  'stopNode',
] as const
export type OperationAction = (typeof operationActions)[number]

export const stepSchema = closed({
  name: Type.String({ examples: ['join'] }),
  title: Type.String({ examples: ['joining 2 workers'] }),
  state: Type.Union(['pending', 'running', 'succeeded', 'failed'].map(state => Type.Literal(state))),
  startedAt: nullable(timestamp(''), 'Null until it starts'),
  finishedAt: nullable(timestamp(''), 'Null until it ends'),
})
export type OperationStep = Static<typeof stepSchema>

export const operationErrorSchema = closed({
  step: nullable(Type.String({ examples: ['init'] }), 'The step that failed'),
  message: Type.String({ description: 'What went wrong' }),
  output: nullable(Type.String(), 'The end of what the failing program printed'),
})
export type OperationError = Static<typeof operationErrorSchema>

export const operationSchema = closed(
  {
    id: uuid("The operation's id"),
    name: Type.String({ description: 'The same as `id`' }),
    action: Type.Union(operationActions.map(action => Type.Literal(action))),
    target: closed({
      kind: Type.Union([Type.Literal('cluster'), Type.Literal('node')]),
      name: Type.String({ examples: ['alex'] }),
    }),
    cluster: nullable(Type.String({ examples: ['alex'] }), 'The cluster it works on'),
    owner: ownerField,
    state: Type.Union(operationStates.map(state => Type.Literal(state))),
    step: Type.Integer({ minimum: 0, description: 'How many steps have begun or are done' }),
    message: Type.String({
      description: 'What is being done, what it waits for, or how it ended',
      examples: ['3 of 7: joining 2 workers'],
    }),
    steps: Type.Array(stepSchema),
    error: nullable(operationErrorSchema, 'Why it failed'),
    startedAt: nullable(timestamp(''), 'Null until it starts'),
    finishedAt: nullable(timestamp(''), 'Null until it ends'),
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  { $id: 'Operation', title: 'Operation', description: 'Long work: its steps, how far it is, how it ended' },
)
export type Operation = Static<typeof operationSchema>
