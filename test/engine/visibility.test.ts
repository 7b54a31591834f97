import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Principal } from '../../src/engine/accounts/principal.ts'
import { ndjson } from '../../src/engine/mirror/formats.ts'
import type { MirrorObject, Table } from '../../src/engine/mirror/mirror.ts'
import { ann, bob, refused, root, startRig } from '../support/engine-on-simulated.ts'

const missing = refused('NotFound', /there is no (cluster|node|operation)/)

test("another user's cluster does not exist, whatever is asked of it", async t => {
  const rig = await startRig(t)
  const create = await rig.done(rig.engine.clusters.create(ann, { name: 'alex', nodes: 2 }))
  const { clusters, nodes, operations, tables } = rig.engine
  const { name } = rig.worker('alex')
  const never = new AbortController().signal
  for (const refusal of [
    () => clusters.patch(bob, 'alex', { nodes: 3 }),
    () => clusters.remove(bob, 'alex'),
    () => clusters.start(bob, 'alex'),
    () => clusters.stop(bob, 'alex'),
    () => clusters.kubeconfig(bob, 'alex'),
    () => nodes.add(bob, 'alex', {}),
    () => nodes.remove(bob, name),
    () => nodes.start(bob, name),
    () => nodes.stop(bob, name),
    () => nodes.processes(bob, name),
    () => operations.wait(bob, create.id, 0, never),
  ])
    await assert.rejects(refusal, missing)
  for (const table of [tables.clusters, tables.nodes, tables.networks, tables.operations])
    assert.deepEqual(table.list({ viewer: bob }).items, [], table.kind)
  assert.deepEqual([rig.cluster('alex').state, rig.cluster('alex').nodes], ['ready', 2])
})

test('an admin sees all and may do all, users see what is theirs', async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'of-ann', nodes: 1 }, ann)
  await rig.create({ name: 'of-bob', nodes: 1 }, bob)
  rig.runtime.inject.addKindCluster('kind')
  await rig.until(() => rig.engine.tables.clusters.byName('kind') !== undefined)
  const names = (viewer: Principal) => rig.engine.tables.clusters.list({ viewer }).items.map(cluster => cluster.name)
  assert.deepEqual([names(root), names(ann), names(bob)], [['kind', 'of-ann', 'of-bob'], ['of-ann'], ['of-bob']])
  const { tables } = rig.engine
  for (const table of [tables.nodes, tables.networks])
    assert.deepEqual(
      table.list({ viewer: ann }).items.map(each => each.owner),
      ['ann'],
      table.kind,
    )
  const stop = await rig.done(rig.engine.clusters.stop(root, 'of-ann'))
  assert.equal(stop.owner, 'root')
  assert.equal(rig.cluster('of-ann').owner, 'ann', 'it stays hers')
  await rig.done(rig.engine.clusters.remove(ann, 'of-ann'))
})

/** What a watch has told so far: types and names. */
function watch<T extends MirrorObject>(table: Table<T>, viewer: Principal): string[] {
  const told: string[] = []
  const { signal } = new AbortController()
  table.watch({ viewer, format: ndjson, signal }).pipe({
    write(frame) {
      const { type, object }: { type: string; object: { name?: string } } = JSON.parse(frame.toString())
      told.push([type, object.name].filter(Boolean).join(' '))
      return true
    },
    end: reason => told.push(`end ${reason}`),
  })
  return told
}

test('a watch tells each user of their own objects only, an admin of all', async t => {
  const rig = await startRig(t)
  const { clusters, nodes } = rig.engine.tables
  const [ofAnn, ofBob, ofRoot] = [ann, bob, root].map(viewer => watch(clusters, viewer))
  const nodesOfBob = watch(nodes, bob)
  await rig.create({ name: 'alex', nodes: 2 }, ann)
  await rig.done(rig.engine.clusters.remove(ann, 'alex'))
  assert.deepEqual([ofBob, nodesOfBob], [['BOOKMARK'], ['BOOKMARK']])
  for (const told of [ofAnn, ofRoot]) {
    assert.deepEqual(told?.slice(0, 3), ['BOOKMARK', 'ADDED alex', 'MODIFIED alex'])
    assert.equal(told?.at(-1), 'DELETED alex')
  }
})

test("nobody's name is shown to be free to those who cannot see whose it is, and nothing more", async t => {
  const rig = await startRig(t)
  await rig.create({ name: 'alex', nodes: 1 }, ann)
  await assert.rejects(rig.engine.clusters.create(bob, { name: 'alex' }), (error: unknown) => {
    refused('AlreadyExists')(error)
    assert.doesNotMatch(JSON.stringify(error), /ann/)
    return true
  })
})
