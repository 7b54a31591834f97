import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClusterAccess } from '../../../src/drivers/kubernetes/access.ts'
import { createClusterAccess } from '../../../src/drivers/kubernetes/cluster-access.ts'
import { at, type JsonObject, textAt } from '../../../src/drivers/kubernetes/objects.ts'
import { status } from './support/api-server.ts'
import { createRecorder } from './support/recorder.ts'
import { stepUntil } from './support/stepping.ts'
import { createWorlds, type World, type WorldKind } from './support/worlds.ts'

const nodes = '/api/v1/nodes'
const pods = '/api/v1/pods'

interface Cluster extends World {
  access: ClusterAccess
  signal: AbortSignal
  abort: (reason: Error) => void
  addPod(name: string, more?: { metadata?: JsonObject; nodeName?: string; phase?: string }): void
  pods(): string[]
  evictions(): string[]
}

async function openCluster(kind: WorldKind): Promise<Cluster> {
  const world = await kind.open()
  const controller = new AbortController()
  world.api.put(nodes, { metadata: { name: 'node-1' } })
  return {
    ...world,
    access: createClusterAccess({
      transport: world.transport,
      credentials: { server: 'https://127.0.0.1:6443', ca: '' },
      clock: world.clock,
      random: () => 0.5,
    }),
    signal: controller.signal,
    abort: reason => controller.abort(reason),
    addPod(name, { metadata = {}, nodeName = 'node-1', phase = 'Running' } = {}) {
      world.api.put(pods, {
        metadata: { namespace: 'default', name, ...metadata },
        spec: { nodeName },
        status: { phase },
      })
    },
    pods: () => ['web', 'job', 'other', 'mirror', 'agent'].filter(name => world.api.get(pods, `default/${name}`)),
    evictions: () =>
      world.api.requests.all
        .filter(({ path }) => path.endsWith('/eviction'))
        .map(({ path, body }) => `${path.split('/').at(-2)} ${textAt(body, 'apiVersion')}`),
  }
}

const controlledBy = (kind: string) => ({ ownerReferences: [{ kind, name: 'owner', controller: true }] })

for (const world of createWorlds()) {
  describe(`drain over ${world.name}`, () => {
    it('cordons the node and evicts its pods, but no mirror, DaemonSet or other node’s pods', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web', { metadata: controlledBy('ReplicaSet') })
      cluster.addPod('job', { metadata: controlledBy('DaemonSet'), phase: 'Succeeded' })
      cluster.addPod('agent', { metadata: controlledBy('DaemonSet') })
      cluster.addPod('mirror', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'hash' } } })
      cluster.addPod('other', { nodeName: 'node-2' })
      await stepUntil(cluster.clock, 500, cluster.access.drain('node-1', 60_000, cluster.signal))

      assert.equal(at(cluster.api.get(nodes, 'node-1'), 'spec', 'unschedulable'), true)
      assert.deepEqual(cluster.pods(), ['other', 'mirror', 'agent'])
      assert.deepEqual(cluster.evictions().sort(), ['job policy/v1', 'web policy/v1'])
    })

    it('cordons before it looks for pods', async () => {
      await using cluster = await openCluster(world)
      await stepUntil(cluster.clock, 500, cluster.access.drain('node-1', 60_000, cluster.signal))
      const asked = cluster.api.requests.all.map(({ method, path }) => `${method} ${path}`)
      assert.ok(asked.indexOf('PATCH /api/v1/nodes/node-1') < asked.indexOf('GET /api/v1/pods'))
    })

    it('speaks policy/v1beta1 to a server before 1.22', async () => {
      await using cluster = await openCluster(world)
      cluster.api.version = { major: '1', minor: '20+' }
      cluster.addPod('web')
      await stepUntil(cluster.clock, 500, cluster.access.drain('node-1', 60_000, cluster.signal))
      assert.deepEqual(cluster.evictions(), ['web policy/v1beta1'])
    })

    it('waits until evicted pods are gone', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web')
      cluster.api.evictAtOnce = false
      let ended = false
      const drained = cluster.access.drain('node-1', 60_000, cluster.signal).then(() => {
        ended = true
      })
      for (let polls = 0; polls < 20; polls += 1) {
        await cluster.clock.sleeping(500)
        await cluster.clock.advance(500)
      }
      await cluster.clock.sleeping(500)
      assert.equal(ended, false)
      assert.equal(cluster.evictions().length, 1)
      cluster.api.remove(pods, 'default/web')
      await stepUntil(cluster.clock, 500, drained)
    })

    it('asks again every 5 s while a PodDisruptionBudget forbids it, and takes other pods meanwhile', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web')
      cluster.addPod('job')
      const began = cluster.clock.now()
      const asked: number[] = []
      cluster.api.mayEvict = pod => {
        if (textAt(pod, 'metadata', 'name') !== 'web') return true
        asked.push(cluster.clock.now() - began)
        return asked.length === 4
      }
      await stepUntil(cluster.clock, 500, cluster.access.drain('node-1', 60_000, cluster.signal))
      assert.deepEqual(asked, [0, 5_000, 10_000, 15_000])
      assert.equal(cluster.evictions().filter(line => line.startsWith('job')).length, 1)
      assert.deepEqual(cluster.pods(), [])
    })

    it('gives up when time is up and names the pod and what holds it', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web')
      cluster.api.mayEvict = () => false
      await assert.rejects(
        stepUntil(cluster.clock, 500, cluster.access.drain('node-1', 20_000, cluster.signal)),
        /node node-1 was not drained within 20 s: default\/web \(Cannot evict pod as it would violate .* budget\.\)/,
      )
      assert.equal(cluster.clock.sleepers, 0)
    })

    it('leaves a pod alone that took the name of an evicted one', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web')
      cluster.api.mayEvict = () => {
        cluster.api.mayEvict = () => true
        cluster.api.remove(pods, 'default/web')
        cluster.addPod('web')
        return false
      }
      await stepUntil(cluster.clock, 500, cluster.access.drain('node-1', 60_000, cluster.signal))
      assert.deepEqual(cluster.pods(), ['web'])
      assert.equal(cluster.evictions().length, 1)
    })

    it('goes on when the API server is away for a moment', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web')
      const seen = new Map<string, number>()
      cluster.api.intercept = ({ method, path }) => {
        const times = (seen.get(method + path) ?? 0) + 1
        seen.set(method + path, times)
        return times > 2 ? undefined : times > 1 ? 'reset' : status(503, 'ServiceUnavailable', 'one moment')
      }
      await stepUntil(cluster.clock, 500, cluster.access.drain('node-1', 60_000, cluster.signal))
      assert.deepEqual(cluster.pods(), [])
    })

    it('rejects with a refusal that will not pass', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web')
      cluster.api.intercept = ({ path }) =>
        path.endsWith('/eviction') ? status(403, 'Forbidden', 'you may not') : undefined
      await assert.rejects(cluster.access.drain('node-1', 60_000, cluster.signal), /evicting default\/web: you may not/)
    })

    it('waits for a pod whose namespace is going away', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web')
      const details = { causes: [{ reason: 'NamespaceTerminating' }] }
      cluster.api.intercept = ({ path }) =>
        path.endsWith('/eviction') ? status(403, 'Forbidden', 'it is being terminated', { details }) : undefined
      const drained = cluster.access.drain('node-1', 60_000, cluster.signal)
      await cluster.clock.sleeping(500)
      cluster.api.remove(pods, 'default/web')
      await stepUntil(cluster.clock, 500, drained)
    })

    it('has nothing to do for a node that is not there', async () => {
      await using cluster = await openCluster(world)
      await cluster.access.drain('node-9', 60_000, cluster.signal)
      assert.deepEqual(cluster.evictions(), [])
    })

    it('ends on abort with the reason', async () => {
      await using cluster = await openCluster(world)
      cluster.addPod('web')
      cluster.api.evictAtOnce = false
      const drained = cluster.access.drain('node-1', 60_000, cluster.signal)
      const reason = new Error('enough')
      const refused = assert.rejects(drained, reason)
      await cluster.clock.sleeping(500)
      cluster.abort(reason)
      await refused
      assert.equal(cluster.clock.sleepers, 0)
    })
  })

  describe(`cluster access over ${world.name}`, () => {
    it('deletes a node and is content with one that is gone', async () => {
      await using cluster = await openCluster(world)
      await cluster.access.deleteNode('node-1', cluster.signal)
      await cluster.access.deleteNode('node-1', cluster.signal)
      assert.equal(cluster.api.get(nodes, 'node-1'), undefined)
    })

    it('passes on a refusal to delete a node', async () => {
      await using cluster = await openCluster(world)
      cluster.api.intercept = () => status(403, 'Forbidden', 'you may not')
      await assert.rejects(cluster.access.deleteNode('node-1', cluster.signal), /you may not/)
    })

    it('watches nodes', async () => {
      await using cluster = await openCluster(world)
      const told = createRecorder<string>()
      const watching = cluster.access.watchNodes(
        {
          synced: all => told.push(`synced ${all.map(({ name, ready }) => `${name} ${ready}`)}`),
          changed: ({ name, ready, message }) => told.push(`changed ${name} ${ready} ${message}`),
          gone: name => told.push(`gone ${name}`),
          down: reason => told.push(`down ${reason}`),
        },
        cluster.signal,
      )
      assert.equal(await told.next(), 'synced node-1 false')
      const conditions = [{ type: 'Ready', status: 'False', message: 'no network' }]
      cluster.api.put(nodes, { metadata: { name: 'node-2' }, status: { conditions } })
      cluster.api.remove(nodes, 'node-1')
      assert.equal(await told.next(), 'changed node-2 false no network')
      assert.equal(await told.next(), 'gone node-1')
      cluster.abort(new Error('enough'))
      await watching
    })
  })
}
