import { Type } from '@sinclair/typebox'
import { deploymentSchema, releaseSchema } from '../../../engine/platforms/schema.ts'
import { namePattern } from '../../../engine/refs/names.ts'
import { deploymentExample, releaseExample } from '../examples.ts'
import { type DescribedRoute, type Description, name, route, system } from './route.ts'

export function deploymentRoutes(): DescribedRoute[] {
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
