import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterExample } from '../../../src/api/rest/examples/clusters.ts'
import type { ClusterAccess, KubernetesNode } from '../../../src/drivers/kubernetes/access.ts'
import type { Cluster } from '../../../src/engine/clusters/schema.ts'
import { createClusterConnections } from '../../../src/engine/kubernetes/connections.ts'
import { createMirror } from '../../../src/engine/mirror/mirror.ts'
import { createFakeClock } from '../../support/clock.ts'
import { refused } from '../../support/engine-on-simulated.ts'

const id = clusterExample.id

/** Accesses that only know whether they are closed. */
function setUp(open: () => Promise<ClusterAccess>) {
  const clock = createFakeClock()
  const clusters = createMirror({ clock }).table<Cluster>('clusters')
  clusters.apply(clusterExample)
  const observed = { kubernetes: new Map<string, { nodes: Map<string, KubernetesNode>; down: string | null }>() }
  const source = { current: { id: 'container-1', open } as { id: string; open: typeof open } | undefined }
  const connections = createClusterConnections({ watches: { source: () => source.current }, observed, clusters, clock })
  return { clock, clusters, observed, source, connections }
}

function fakeAccess(): ClusterAccess & { closed: number } {
  const never = async () => assert.fail('nobody asks this')
  const access = {
    endpoint: null,
    passage: null,
    ping: async () => undefined,
    closed: 0,
    watchNodes: never,
    watchPods: never,
    watchServices: never,
    watchEndpointSlices: never,
    drain: never,
    deleteNode: never,
    apply: never,
    remove: never,
    list: never,
    patch: never,
    log: never,
    close: () => {
      access.closed += 1
    },
  }
  return access
}

test('a cluster has one connection, which goes with its API server and with the cluster', async () => {
  const made: ReturnType<typeof fakeAccess>[] = []
  const open = async () => {
    const access = fakeAccess()
    made.push(access)
    return access
  }
  const { connections, source, clusters } = setUp(open)
  assert.equal(await connections.access(id), await connections.access(id))
  source.current = { id: 'container-2', open }
  assert.equal(await connections.access(id), made[1])
  assert.deepEqual(
    made.map(({ closed }) => closed),
    [1, 0],
  )
  clusters.remove(id)
  await Promise.resolve()
  assert.equal(made[1]?.closed, 1)
})

test('a cluster that does not run or does not answer is Unavailable, and says why', async () => {
  const { connections, source, observed } = setUp(async () => fakeAccess())
  observed.kubernetes.set(id, { nodes: new Map(), down: 'the API server does not answer: timeout' })
  await assert.rejects(connections.access(id), refused('Unavailable', /does not answer: timeout/))
  observed.kubernetes.delete(id)
  source.current = undefined
  await assert.rejects(connections.access(id), refused('Unavailable', /control plane does not run/))
})

test('a connection that does not come about within 5 s is given up, one that fails is tried anew', async () => {
  const { connections, clock, source } = setUp(() => new Promise(() => {}))
  const late = assert.rejects(connections.access(id), refused('Unavailable', /within 5 s/))
  await clock.advance(5000)
  await late
  let tries = 0
  const open = async () => {
    tries += 1
    if (tries === 1) throw new Error('no such container')
    return fakeAccess()
  }
  source.current = { id: 'container-3', open }
  await assert.rejects(connections.access(id), refused('Unavailable', /no such container/))
  await connections.access(id)
})

test('a simulated cluster has no API server to connect to', async () => {
  const { connections } = setUp(async () => fakeAccess())
  await assert.rejects(connections.endpoint(id), refused('Unavailable', /simulated/))
})
