import type { PlatformView } from '../../engine/platforms/commands.ts'
import type { DeploymentView, ReleaseView } from '../../engine/platforms/deployments.ts'
import { apiVersion } from '../../engine/refs/schema.ts'

const uuid = '5defc4d7-4651-4f2c-a217-a876a30b4042'
const metadata = { name: 'demo', title: 'Demo' }

/** Instances as they are shown. */
export const objectExamples = {
  config: {
    id: uuid,
    kind: 'Config',
    apiVersion,
    secrets: { password: '[redacted]' },
    components: { db: { type: 'graphql', vars: { url: 'https://dev.graphql.local/', user: 'dev' } } },
    status: {},
    metadata,
  },
  environment: { id: uuid, kind: 'Environment', apiVersion, vars: { who: 'John' }, status: {}, metadata },
  system: {
    id: 'a909eca',
    kind: 'System',
    apiVersion,
    gitRepo: 'https://github.com/acme/demo.git',
    gitHash: 'a909eca',
    gitRef: 'branch/main',
    apps: {
      'hello-world': {
        gitHash: 'a909eca',
        components: {
          hello: {
            type: 'kubefox',
            gitHash: 'a909eca',
            image: 'ghcr.io/acme/demo/hello:a909eca',
            routes: [{ type: 'http', match: 'Path(`/hello`)' }],
          },
        },
      },
    },
    status: {},
    metadata,
  },
} as const

export const platformExample: PlatformView = {
  id: uuid,
  kind: 'Platform',
  apiVersion,
  metadata: { name: 'kubefox' },
  cluster: 'alex',
  systems: { demo: { imagePullSecret: '[redacted]' } },
  status: { healthy: true, systems: { demo: { healthy: true } } },
}

export const deploymentExample: DeploymentView = {
  kind: 'Deployment',
  apiVersion,
  system: 'demo/tag/v0.1.0',
  status: { ready: false, components: { 'hello-a909eca': { ready: false } } },
}

export const releaseExample: ReleaseView = {
  kind: 'Release',
  apiVersion,
  system: 'demo/tag/v0.1.0',
  environment: 'dev/tag/v1.0',
  status: { ready: false },
}
