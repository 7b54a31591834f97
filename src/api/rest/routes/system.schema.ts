import { Type } from '@sinclair/typebox'
import { closed } from '../../../engine/schema.ts'
import { versionSchema } from '../../../engine/versions.ts'
import { ok } from '../answers.ts'
import { describe } from '../describe.ts'
import { healthSchema, imageListSchema } from '../schemas.ts'

export const imageList = describe(
  {
    querystring: closed({
      all: Type.Optional(
        Type.Boolean({
          description: 'List everything that the registries have, not the newest patch of each minor only',
        }),
      ),
    }),
  },
  {
    operationId: 'imageList',
    summary: 'List node images',
    description:
      'The node images that the setting NODE_IMAGES allows: those on the Docker host, and those that the repositories it names in full have in their registries, as of at most 5 minutes ago. When a registry does not answer, `metadata` says so and the images on the Docker host are listed.',
    tag: 'images',
    answers: { 200: ok(imageListSchema, 'The images') },
  },
)

const tag = 'system'

export const versionGet = describe(
  {},
  {
    operationId: 'versionGet',
    summary: 'Get the versions of the gateway and of what it runs on',
    tag,
    answers: { 200: ok(versionSchema, 'The versions') },
  },
)

export const livenessGet = describe(
  {},
  {
    operationId: 'livenessGet',
    summary: 'Check that the gateway lives',
    tag,
    public: true,
    answers: { 200: ok(healthSchema, 'It answers') },
  },
)

export const readinessGet = describe(
  {},
  {
    operationId: 'readinessGet',
    summary: 'Check that the gateway is ready',
    description: '503 names what is not ready in `notReady`. Why stands in the log: this route is for everybody.',
    tag,
    public: true,
    answers: { 200: ok(healthSchema, 'Everything that it needs is there') },
  },
)

export const metricsGet = describe(
  {},
  {
    operationId: 'metricsGet',
    summary: 'Get metrics for Prometheus',
    description: 'Needs a token of any user: counts only, no names.',
    tag,
    answers: {
      200: {
        description: "Prometheus' text format",
        content: {
          'text/plain': { schema: Type.String(), example: 'kindgate_objects{kind="clusters"} 1\n' },
        },
      },
    },
  },
)
