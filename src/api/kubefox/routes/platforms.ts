import { platformPatchSchema, platformSchema } from '../../../engine/platforms/schema.ts'
import { platformExample } from '../examples.ts'
import { type DescribedRoute, metadataRoutes, name, revealParameter, route } from './route.ts'

export function platformRoutes(): DescribedRoute[] {
  const one = '/platform/:name'
  return [
    route('GET', '/platform', {
      operationId: 'kubefoxPlatformList',
      summary: 'List platforms',
      done: { status: 200, msg: 'listed 1 platform', data: ['kubefox'] },
    }),
    route('GET', one, {
      operationId: 'kubefoxPlatformGet',
      summary: 'Get a platform',
      params: { name },
      query: { reveal: revealParameter },
      done: { status: 200, msg: 'got platform/kubefox', data: platformExample },
      errors: ['InvalidRequest'],
    }),
    route('PUT', one, {
      operationId: 'kubefoxPlatformPut',
      summary: 'Make or replace a platform',
      params: { name },
      body: platformSchema,
      done: { status: 200, msg: 'put platform/kubefox' },
      errors: ['AlreadyExists', 'InUse'],
    }),
    route('PATCH', one, {
      operationId: 'kubefoxPlatformPatch',
      summary: 'Register systems on a platform, or choose its cluster',
      params: { name },
      body: platformPatchSchema,
      done: { status: 200, msg: 'patched platform/kubefox' },
      errors: ['InUse'],
    }),
    route('DELETE', one, {
      operationId: 'kubefoxPlatformDelete',
      summary: 'Delete a platform that nothing is deployed to',
      params: { name },
      done: { status: 200, msg: 'deleted platform/kubefox' },
      errors: ['InUse'],
    }),
    ...metadataRoutes(one, 'kubefoxPlatform', { kind: 'Platform', metadata: { name: 'demo', title: 'Demo' } }),
  ]
}
