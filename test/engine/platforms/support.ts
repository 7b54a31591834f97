import assert from 'node:assert/strict'
import type { JsonObject } from '../../../src/drivers/kubernetes/objects.ts'
import { textAt } from '../../../src/drivers/kubernetes/objects.ts'
import type { UnitAccess } from '../../../src/engine/platforms/access.ts'
import type { Ref } from '../../../src/engine/refs/schema.ts'
import { ann, type Rig, root, worldOf } from '../../support/engine-on-simulated.ts'

export const hello = (hash: string, routes: { type: string; match?: string; schedule?: string }[] = []) => ({
  gitRepo: 'https://x.example/demo.git',
  gitHash: hash,
  gitRef: 'branch/main',
  apps: {
    a: {
      gitHash: hash,
      components: {
        hello: { type: 'kubefox', gitHash: hash, image: `x.example/hello:${hash}`, routes },
        world: { type: 'kubefox', gitHash: 'fffffff', image: 'x.example/world:fffffff' },
      },
    },
  },
})

/** A platform on a cluster of ann's, with a config, an environment and a system whose branch is deployed. */
export async function prepare(rig: Rig, image?: string): Promise<void> {
  const { refs, platforms } = rig.engine
  await rig.create({ name: 'alex', nodes: 1, ...(image === undefined ? {} : { image }) })
  await platforms.put(ann, 'kubefox', { cluster: 'alex', systems: { demo: { imagePullSecret: 'dG9rZW4=' } } })
  await refs.create(ann, 'config', 'dev', { secrets: { password: 'sshhhh' } })
  await refs.create(ann, 'environment', 'base', { config: 'dev', vars: { who: 'nobody', n: 1 } })
  await refs.create(ann, 'environment', 'dev', { inherits: 'base', vars: { who: 'John' } })
  const routes = [
    { type: 'http', match: 'Path(`/hello`)' },
    { type: 'cron', schedule: '*/5 * * * *' },
  ]
  await refs.create(ann, 'system', 'demo', hello('aaaaaaa', routes))
  await refs.moveBranch({ principal: ann, name: 'demo', branch: 'main', id: 'aaaaaaa' })
  await platforms.deploy(ann, 'kubefox', { system: 'demo/branch/main' })
}

export function refOf(rig: Rig, name: string): Readonly<Ref> | undefined {
  return rig.engine.tables.refs.byName(name, root)
}

/** Resolves once the ref is as wanted. */
export function until(rig: Rig, name: string, holds: (ref: Readonly<Ref> | undefined) => boolean): Promise<void> {
  const { refs } = rig.engine.tables
  return new Promise(resolve => {
    const look = () => {
      if (!holds(refOf(rig, name))) return
      end()
      resolve()
    }
    const end = refs.subscribe(look)
    look()
  })
}

const kinds = [
  ['v1', 'Namespace'],
  ['apps/v1', 'Deployment'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['batch/v1', 'CronJob'],
] as const

/** What the gateway has made in a cluster, `kind namespace/name`. */
export async function objectsIn(rig: Rig): Promise<Map<string, JsonObject>> {
  return inCluster(rig, async access => {
    const found = new Map<string, JsonObject>()
    for (const [apiVersion, kind] of kinds) {
      const labelSelector = 'app.kubernetes.io/managed-by=kindgate'
      for (const object of await access.list({ apiVersion, kind, labelSelector }, new AbortController().signal))
        found.set(
          `${kind} ${[textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')].filter(Boolean).join('/')}`,
          object,
        )
    }
    return found
  })
}

/** Work in the cluster, as somebody with kubectl. */
export async function inCluster<T>(rig: Rig, work: (access: UnitAccess) => Promise<T>): Promise<T> {
  const control = rig.controlPlane('alex')
  const observed = (await worldOf(rig.runtime)).nodes.find(each => each.name === control.name)
  assert.ok(observed)
  const access = await rig.runtime.bootstrap.access(observed)
  try {
    return await work(access)
  } finally {
    access.close()
  }
}

export const release = 'platform/kubefox/release/demo/dev'
export const deployment = 'platform/kubefox/deployment/demo/branch/main'

/** Resolves when no namespace is left to be cleared. */
export async function cleared({ store }: Rig): Promise<void> {
  for (;;) {
    const rows = await store.sql`select name from kubefox_namespaces`
    if (rows.length === 0) return
  }
}

export async function objectsOnce(rig: Rig, holds: (objects: Map<string, JsonObject>) => boolean): Promise<void> {
  while (!holds(await objectsIn(rig))) await new Promise(resolve => setImmediate(resolve))
}
