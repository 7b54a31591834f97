import { refSchema } from '../../../engine/refs/schema.ts'
import { watchable } from '../answers.ts'
import { describe } from '../describe.ts'
import { filterBy, listHeaders, listParameters } from '../parameters.ts'
import { refEventSchema, refListSchema } from '../schemas.ts'

const { name, kind, platform, system, environment, ready } = refSchema.properties

export const refList = describe(
  {
    querystring: listParameters({
      name: filterBy(name),
      kind: filterBy(kind),
      platform: filterBy(platform),
      system: filterBy(system),
      environment: filterBy(environment),
      ready: filterBy(ready),
    }),
    headers: listHeaders,
  },
  {
    operationId: 'refList',
    summary: 'List or watch configs, environments, systems, deployments and releases',
    description: 'What the KubeFox API at `/api/kubefox/v0` has made, without its contents.',
    tag: 'kubefox',
    answers: { 200: watchable(refListSchema, refEventSchema, 'What there is') },
    errors: ['Expired', 'TooManyRequests'],
  },
)
