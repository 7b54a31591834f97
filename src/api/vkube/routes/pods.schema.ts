import { Type } from '@sinclair/typebox'
import { closed } from '../../../engine/schema.ts'
import { ref } from '../../http/openapi/ref.ts'
import { describe, json } from '../describe.ts'
import { logExample, podStatusExample } from '../examples.ts'
import { endOfLog } from '../logs.ts'
import { doneSchema, podStatusSchema, updateSchema } from '../schemas.ts'

const noQuery = closed({})
const logQuery = closed({
  container: Type.Optional(Type.String({ maxLength: 63, description: 'The container; the first one when left out' })),
  tailLines: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 100_000, description: 'Only the last so many lines that there are' }),
  ),
})

export const podStatus = describe(
  { querystring: noQuery },
  {
    operationId: 'vkubePodGet',
    summary: 'Query pod status information with secret',
    description: 'The pod as Kubernetes has it, as last seen; `{}` while there is none.',
    secret: true,
    answer: json(ref(podStatusSchema), 'The pod', podStatusExample),
  },
)

export const podLog = describe(
  { querystring: logQuery },
  {
    operationId: 'vkubeLogGet',
    summary: 'Query pod log with secret',
    description: 'One JSON string; of a log of more than 4 MiB, the end. Empty while the container has not started.',
    secret: true,
    answer: json(Type.String(), 'The log', logExample),
    errors: { NotFound: 'there is no pod' },
  },
)

export const podLogs = describe(
  { querystring: logQuery },
  {
    operationId: 'vkubeLogFollow',
    summary: 'Follow the pod log',
    description: `Server-Sent Events: the lines that there are and those that come, as \`message\`; at last \`end\` with \`${endOfLog}\`.`,
    secret: true,
    answer: {
      description: 'The log as it grows',
      content: {
        'text/event-stream': {
          schema: Type.String(),
          example: `event:message\ndata:${logExample}\nevent:end\ndata:${endOfLog}\n\n`,
        },
      },
    },
    errors: { NotFound: 'there is no pod' },
  },
)

const act = (operationId: string, summary: string, description: string) =>
  describe(
    { querystring: noQuery },
    {
      operationId,
      summary,
      description,
      secret: true,
      answer: json(ref(doneSchema), 'It will be so', { status: 'OK' }),
      errors: { NotFound: 'nothing is deployed' },
    },
  )

export const podRestart = act('vkubePodRestart', 'Restart the pod', 'Makes it anew; one that was stopped starts.')
export const podStop = act('vkubePodStop', 'Stop the pod', 'What is deployed stays known, and its ports are kept.')
export const podStart = act('vkubePodStart', 'Start the pod again', 'One that runs goes on.')
export const podDelete = act(
  'vkubePodDelete',
  'Remove the pod',
  'With all that belongs to it. The order stays, and can be deployed again. Done already is done.',
)

export const podUpdate = describe(
  { querystring: noQuery, body: ref(updateSchema) },
  {
    operationId: 'vkubePodUpdate',
    summary: "Change the pod's environment and files",
    description: 'The pod is made anew.',
    secret: true,
    answer: json(ref(doneSchema), 'It will be so', { status: 'OK' }),
    errors: { NotFound: 'nothing is deployed', InvalidRequest: 'there is no container "container2"' },
  },
)
