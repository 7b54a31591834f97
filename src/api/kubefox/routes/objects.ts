import { type TSchema, Type } from '@sinclair/typebox'
import { gitHashPattern, type Kind } from '../../../engine/refs/names.ts'
import { configSchema, environmentSchema, systemSchema } from '../../../engine/refs/schema.ts'
import { objectExamples } from '../examples.ts'
import {
  branch,
  type DescribedRoute,
  type Description,
  metadataRoutes,
  name,
  revealParameter,
  route,
  tag,
} from './route.ts'

const bodies: Record<Kind, TSchema> = { config: configSchema, environment: environmentSchema, system: systemSchema }
const words: Record<Kind, string> = { config: 'Config', environment: 'Environment', system: 'System' }

export function objectRoutes(kind: Kind): DescribedRoute[] {
  const id = `kubefox${words[kind]}`
  const article = kind === 'environment' ? 'an' : 'a'
  const object = objectExamples[kind]
  const one = `/${kind}/:name`
  const metadata = { name: 'demo', title: 'Demo' }
  return [
    route('GET', `/${kind}`, {
      operationId: `${id}List`,
      summary: `List ${kind}s`,
      done: { status: 200, msg: `listed 1 ${kind}`, data: ['demo'] },
    }),
    route('POST', one, {
      operationId: `${id}Create`,
      summary: `Create an instance of ${article} ${kind}`,
      description: createDescription(kind),
      params: { name },
      ...(kind === 'system' ? { query: gitQuery } : {}),
      body: bodies[kind],
      done: { status: 201, msg: `created ${kind}/demo/id/${object.id}`, data: object },
      errors: kind === 'system' ? ['AlreadyExists', 'Forbidden'] : ['AlreadyExists'],
    }),
    route('GET', one, {
      operationId: `${id}Get`,
      summary: `Get the latest instance of ${article} ${kind}`,
      params: { name },
      ...getQuery(kind),
      done: { status: 200, msg: `got ${kind}/demo`, data: object },
      errors: ['InvalidRequest'],
    }),
    route('DELETE', one, {
      operationId: `${id}Delete`,
      summary: `Delete ${article} ${kind} with its instances and refs`,
      params: { name },
      done: { status: 200, msg: `deleted ${kind}/demo` },
      errors: ['InUse', 'AlreadyExists'],
    }),
    ...metadataRoutes(one, id, { kind: words[kind], metadata }),
    route('GET', `${one}/id`, {
      operationId: `${id}IdList`,
      summary: 'List the ids of its instances',
      params: { name },
      done: { status: 200, msg: `listed 1 ${kind}/demo/id`, data: [object.id] },
    }),
    route('GET', `${one}/id/:id`, {
      operationId: `${id}IdGet`,
      summary: 'Get an instance by its id',
      params: { name, id: idParameter(kind) },
      ...getQuery(kind),
      done: { status: 200, msg: `got ${kind}/demo/id/${object.id}`, data: object },
      errors: ['InvalidRequest'],
    }),
    ...tagRoutes(kind, id, one, object),
  ]
}

function tagRoutes(kind: Kind, id: string, one: string, object: { id: string }): DescribedRoute[] {
  const create = (method: 'POST' | 'PUT') =>
    route(method, `${one}/tag/:tag`, {
      operationId: `${id}Tag${method === 'POST' ? 'Create' : 'Put'}`,
      summary: 'Tag an instance',
      description: 'Tags never move: 200 when it is on that instance already, 409 when it is on another.',
      params: { name, tag },
      textBody: true,
      done: { status: 201, msg: `created ${kind}/demo/tag/v1.0` },
      again: `put ${kind}/demo/tag/v1.0`,
      errors: ['AlreadyExists'],
    })
  return [
    route('GET', `${one}/tag`, {
      operationId: `${id}TagList`,
      summary: 'List its tags',
      params: { name },
      done: { status: 200, msg: `listed 1 ${kind}/demo/tag`, data: ['v1.0'] },
    }),
    route('GET', `${one}/tag/:tag`, {
      operationId: `${id}TagGet`,
      summary: 'Get the instance that a tag names',
      params: { name, tag },
      ...getQuery(kind),
      done: { status: 200, msg: `got ${kind}/demo/tag/v1.0`, data: object },
      errors: ['InvalidRequest'],
    }),
    create('POST'),
    create('PUT'),
    route('DELETE', `${one}/tag/:tag`, {
      operationId: `${id}TagDelete`,
      summary: 'Delete a tag that nothing uses',
      params: { name, tag },
      done: { status: 200, msg: `deleted ${kind}/demo/tag/v1.0` },
      errors: ['InUse', 'AlreadyExists'],
    }),
  ]
}

export function branchRoutes(): DescribedRoute[] {
  const one = '/system/:name/branch'
  return [
    route('GET', one, {
      operationId: 'kubefoxSystemBranchList',
      summary: 'List its branches',
      params: { name },
      done: { status: 200, msg: 'listed 1 system/demo/branch', data: ['main'] },
    }),
    route('GET', `${one}/:branch`, {
      operationId: 'kubefoxSystemBranchGet',
      summary: 'Get the instance that a branch names',
      params: { name, branch },
      done: { status: 200, msg: 'got system/demo/branch/main', data: objectExamples.system },
    }),
    route('PUT', `${one}/:branch`, {
      operationId: 'kubefoxSystemBranchPut',
      summary: 'Make or move a branch',
      description: 'Releases of the branch follow.',
      params: { name, branch },
      textBody: true,
      done: { status: 200, msg: 'put system/demo/branch/main' },
    }),
    route('DELETE', `${one}/:branch`, {
      operationId: 'kubefoxSystemBranchDelete',
      summary: 'Delete a branch that nothing uses',
      params: { name, branch },
      done: { status: 200, msg: 'deleted system/demo/branch/main' },
      errors: ['InUse', 'AlreadyExists'],
    }),
  ]
}

function idParameter(kind: Kind): TSchema {
  return kind === 'system'
    ? Type.String({ pattern: gitHashPattern, description: 'The Git hash, 7 or 40 digits', examples: ['a909eca'] })
    : Type.String({ format: 'uuid', description: 'The id', examples: ['5defc4d7-4651-4f2c-a217-a876a30b4042'] })
}

function getQuery(kind: Kind): Pick<Description, 'query'> {
  if (kind === 'config') return { query: { reveal: revealParameter } }
  if (kind === 'environment')
    return {
      query: { effective: Type.Optional(Type.Boolean({ description: "With the ancestors' variables under its own" })) },
    }
  return {}
}

const gitQuery = {
  gitRepo: Type.Optional(
    Type.String({
      description:
        "Read the system from this repository instead of a body; see the gateway's setting KUBEFOX_GIT_ALLOWED",
    }),
  ),
  ref: Type.Optional(Type.String({ description: 'The branch, tag or commit to read', examples: ['branch/main'] })),
}

function createDescription(kind: Kind): string {
  if (kind === 'system')
    return 'Its id is `gitHash`. With `gitRepo` and `ref` it is read from Git, and there is no body.'
  return 'Instances never change: another POST makes another instance, which becomes the latest.'
}
