import { Type } from '@sinclair/typebox'
import type { HTTPMethods } from 'fastify'
import { namePattern, refPattern } from '../../../engine/refs/names.ts'
import { metadataBodySchema } from '../../../engine/refs/schema.ts'
import { describe } from '../describe.ts'

export interface DescribedRoute {
  method: HTTPMethods
  url: string
  schema: ReturnType<typeof describe>
}

export type Description = Parameters<typeof describe>[0]

export const name = Type.String({ pattern: namePattern, description: 'The name', examples: ['demo'] })
export const tag = Type.String({ pattern: refPattern, description: 'The tag', examples: ['v1.0'] })
export const branch = Type.String({ pattern: refPattern, description: 'The branch', examples: ['main'] })
export const system = Type.String({ pattern: namePattern, description: 'The system', examples: ['demo'] })

export const revealParameter = Type.Optional(Type.Boolean({ description: 'Secrets in clear; this is audited' }))

export function route(method: HTTPMethods, url: string, about: Description): DescribedRoute {
  // A page of another site is refused every change.
  const errors = [...new Set([...(about.errors ?? []), ...(method === 'GET' ? [] : ['Forbidden' as const])])]
  return { method, url, schema: describe({ ...about, errors }) }
}

export function metadataRoutes(one: string, id: string, example: { kind: string; metadata: object }): DescribedRoute[] {
  const path = one.slice(1).replace(':name', 'demo')
  const change = (method: 'PUT' | 'PATCH') =>
    route(method, `${one}/metadata`, {
      operationId: `${id}Metadata${method === 'PUT' ? 'Put' : 'Patch'}`,
      summary: method === 'PUT' ? 'Replace its metadata' : 'Change its metadata',
      params: { name },
      body: metadataBodySchema,
      done: { status: 200, msg: `${method === 'PUT' ? 'put' : 'patched'} ${path}/metadata` },
      errors: ['AlreadyExists'],
    })
  return [
    route('GET', `${one}/metadata`, {
      operationId: `${id}MetadataGet`,
      summary: 'Get its metadata',
      params: { name },
      done: { status: 200, msg: `got ${path}/metadata`, data: { apiVersion: 'admin.kubefox.io/v1alpha1', ...example } },
    }),
    change('PUT'),
    change('PATCH'),
  ]
}
