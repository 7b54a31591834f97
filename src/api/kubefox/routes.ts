import { type TSchema, Type } from '@sinclair/typebox'
import type { HTTPMethods } from 'fastify'
import { deploymentSchema, platformPatchSchema, platformSchema, releaseSchema } from '../../engine/platforms/schema.ts'
import { gitHashPattern, type Kind, namePattern, refPattern } from '../../engine/refs/names.ts'
import { configSchema, environmentSchema, metadataBodySchema, systemSchema } from '../../engine/refs/schema.ts'
import { describe } from './describe.ts'
import { deploymentExample, objectExamples, platformExample, releaseExample } from './examples.ts'

export interface DescribedRoute {
  method: HTTPMethods
  url: string
  schema: ReturnType<typeof describe>
}

type Description = Parameters<typeof describe>[0]

const name = Type.String({ pattern: namePattern, description: 'The name', examples: ['demo'] })
const tag = Type.String({ pattern: refPattern, description: 'The tag', examples: ['v1.0'] })
const branch = Type.String({ pattern: refPattern, description: 'The branch', examples: ['main'] })
const system = Type.String({ pattern: namePattern, description: 'The system', examples: ['demo'] })

const bodies: Record<Kind, TSchema> = { config: configSchema, environment: environmentSchema, system: systemSchema }
const words: Record<Kind, string> = { config: 'Config', environment: 'Environment', system: 'System' }

/** What the paths of README's tables do, canonically spelled; all other spellings lead to the same. */
export function describedRoutes(): DescribedRoute[] {
  const kinds: Kind[] = ['config', 'environment', 'system']
  return [
    route('GET', '/ping', {
      operationId: 'kubefoxPing',
      summary: 'Say whether the API is there',
      done: { status: 200, msg: 'Pong!' },
    }),
    ...kinds.flatMap(objectRoutes),
    ...branchRoutes(),
    ...platformRoutes(),
    ...deploymentRoutes(),
  ]
}

function route(method: HTTPMethods, url: string, about: Description): DescribedRoute {
  // A page of another site is refused every change.
  const errors = [...new Set([...(about.errors ?? []), ...(method === 'GET' ? [] : ['Forbidden' as const])])]
  return { method, url, schema: describe({ ...about, errors }) }
}

function objectRoutes(kind: Kind): DescribedRoute[] {
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

function branchRoutes(): DescribedRoute[] {
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

function metadataRoutes(one: string, id: string, example: { kind: string; metadata: object }): DescribedRoute[] {
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

function platformRoutes(): DescribedRoute[] {
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

function deploymentRoutes(): DescribedRoute[] {
  const deployments = '/platform/:name/deployment'
  const releases = '/platform/:name/release'
  const byRef = {
    name,
    system,
    refType: Type.Union([Type.Literal('id'), Type.Literal('tag'), Type.Literal('branch')], {
      description: 'Which kind of ref',
    }),
    ref: Type.String({ description: 'The id, tag or branch', examples: ['v0.1.0'] }),
  }
  const environment = Type.String({ pattern: namePattern, description: 'The environment', examples: ['dev'] })
  const one = (
    method: 'GET' | 'DELETE',
    url: string,
    id: string,
    about: Pick<Description, 'params' | 'done' | 'summary'>,
  ) => route(method, url, { operationId: id, ...about })
  return [
    route('GET', deployments, {
      operationId: 'kubefoxDeploymentList',
      summary: 'List deployments',
      params: { name },
      done: { status: 200, msg: 'listed 1 platform/kubefox/deployment', data: ['demo/tag/v0.1.0'] },
    }),
    route('POST', deployments, {
      operationId: 'kubefoxDeploymentCreate',
      summary: 'Deploy a registered system',
      description:
        'One Kubernetes Deployment for each distinct component, in the namespace `kfs-{platform}-{system}`. A branch can be deployed again.',
      params: { name },
      body: deploymentSchema,
      done: { status: 201, msg: 'created platform/kubefox/deployment', data: deploymentExample },
      errors: ['AlreadyExists'],
    }),
    ...(['', '/:refType/:ref'] as const).flatMap(rest => {
      const params = rest === '' ? { name, system } : byRef
      const path = `platform/kubefox/deployment/demo${rest === '' ? '' : '/tag/v0.1.0'}`
      const id = rest === '' ? 'kubefoxHeadDeployment' : 'kubefoxDeployment'
      const noun = rest === '' ? 'the deployment of the latest system' : 'a deployment'
      return [
        one('GET', `${deployments}/:system${rest}`, `${id}Get`, {
          summary: `Get ${noun}`,
          params,
          done: { status: 200, msg: `got ${path}`, data: deploymentExample },
        }),
        one('DELETE', `${deployments}/:system${rest}`, `${id}Delete`, {
          summary: `Delete ${noun}`,
          params,
          done: { status: 200, msg: `deleted ${path}` },
        }),
      ]
    }),
    route('GET', releases, {
      operationId: 'kubefoxReleaseList',
      summary: 'List releases',
      params: { name },
      done: { status: 200, msg: 'listed 1 platform/kubefox/release', data: ['demo/dev'] },
    }),
    route('POST', releases, {
      operationId: 'kubefoxReleaseCreate',
      summary: 'Run a deployed system in an environment',
      description:
        'In the namespace `kfr-{system}-{environment}`: variables as a ConfigMap, secrets as a Secret, a Deployment and a Service for each component, Ingress rules and CronJobs of its routes. Replaces the release that is there. One of a branch or head follows when that moves.',
      params: { name },
      body: releaseSchema,
      done: { status: 201, msg: 'created platform/kubefox/release', data: releaseExample },
    }),
    one('GET', `${releases}/:system/:environment`, 'kubefoxReleaseGet', {
      summary: 'Get a release',
      params: { name, system, environment },
      done: { status: 200, msg: 'got platform/kubefox/release/demo/dev', data: releaseExample },
    }),
    one('DELETE', `${releases}/:system/:environment`, 'kubefoxReleaseDelete', {
      summary: 'Delete a release',
      params: { name, system, environment },
      done: { status: 200, msg: 'deleted platform/kubefox/release/demo/dev' },
    }),
  ]
}

function idParameter(kind: Kind): TSchema {
  return kind === 'system'
    ? Type.String({ pattern: gitHashPattern, description: 'The Git hash, 7 or 40 digits', examples: ['a909eca'] })
    : Type.String({ format: 'uuid', description: 'The id', examples: ['5defc4d7-4651-4f2c-a217-a876a30b4042'] })
}

const revealParameter = Type.Optional(Type.Boolean({ description: 'Secrets in clear; this is audited' }))

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
