import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../support/clock.ts'
import { ann, bob, refused, root, settings, startRig } from '../../support/engine-on-simulated.ts'

const quotas = (own: Partial<typeof settings.quotas>) => ({ settings: { quotas: { ...settings.quotas, ...own } } })

test('clusters and nodes beyond the quota are refused, saying what the limit is; nothing is left of them', async t => {
  const rig = await startRig(t, quotas({ clusters: 2, nodes: 4 }))
  const { clusters, nodes } = rig.engine
  await rig.create({ name: 'one', nodes: 2 })
  const tooMany = refused('Forbidden', /exceeded quota: nodes, requested: 3, used: 2, limited: 4/)
  await assert.rejects(clusters.create(ann, { name: 'two', nodes: 3 }), tooMany)
  await assert.rejects(nodes.add(ann, 'one', { count: 3 }), tooMany)
  await assert.rejects(clusters.patch(ann, 'one', { nodes: 5 }), tooMany)
  await assert.rejects(clusters.patch(root, 'one', { nodes: 5 }), tooMany, 'it is ann who would have them')
  await rig.create({ name: 'two', nodes: 1 })
  const full = refused('Forbidden', /exceeded quota: clusters, requested: 1, used: 2, limited: 2/)
  await assert.rejects(clusters.create(ann, { name: 'three', nodes: 1 }), full)
  await rig.create({ name: 'of-bob', nodes: 4 }, bob)
  await rig.done(clusters.remove(ann, 'two'))
  await rig.create({ name: 'three', nodes: 1 })
  await rig.create({ name: 'of-root', nodes: 6 }, root)
})

test('two commands at once do not get by the quota together', async t => {
  const rig = await startRig(t, quotas({ clusters: 1 }))
  const both = ['one', 'two'].map(name => rig.engine.clusters.create(ann, { name, nodes: 1 }))
  const outcomes = await Promise.allSettled(both)
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('an admin sets another limit for a user, and takes it back', async t => {
  const rig = await startRig(t, quotas({ clusters: 0 }))
  const { clusters, users } = rig.engine
  const set = await users.patch(root, 'ann', { quotas: { clusters: 1 } })
  assert.deepEqual(set.quotas, { ...settings.quotas, clusters: 1 })
  await rig.create({ name: 'one', nodes: 1 })
  const back = await users.patch(root, 'ann', { quotas: { clusters: null } })
  assert.equal(back.quotas.clusters, 0)
  await assert.rejects(clusters.create(ann, { name: 'two', nodes: 1 }), refused('Forbidden', /exceeded quota/))
  await assert.rejects(users.patch(ann, 'ann', { quotas: { clusters: 9 } }), refused('Forbidden'))
})

test('requests beyond the rate are refused until there is room again', async t => {
  const clock = createFakeClock()
  const { engine } = await startRig(t, { clock, ...quotas({ requestsPerMinute: 3 }) })
  const identityOf = async (user: string) => {
    const { token } = await engine.users.tokens.create(root, user, { name: 'one' })
    const identity = engine.accounts.authenticate(token)
    assert.ok(identity)
    return identity
  }
  const [ofAnn, ofBob, ofRoot] = [await identityOf('ann'), await identityOf('bob'), await identityOf('root')]
  for (let count = 0; count < 3; count++) engine.accounts.admit(ofAnn)
  assert.throws(
    () => engine.accounts.admit(ofAnn),
    refused('TooManyRequests', /3 requests a minute; try again in 20 s/),
  )
  engine.accounts.admit(ofBob)
  for (let count = 0; count < 100; count++) engine.accounts.admit(ofRoot)
  await clock.advance(20_000)
  engine.accounts.admit(ofAnn)
  assert.throws(() => engine.accounts.admit(ofAnn), refused('TooManyRequests'))
})

test('connections count until they end, by whatever credential they are', async t => {
  const { engine } = await startRig(t, quotas({ connections: 2 }))
  const tokens = [
    await engine.users.tokens.create(ann, 'ann', { name: 'one' }),
    await engine.users.tokens.create(ann, 'ann', { name: 'two' }),
  ]
  const [one, two] = tokens.map(({ token }) => engine.accounts.authenticate(token))
  assert.ok(one && two)
  const end = engine.accounts.connect(one)
  engine.accounts.connect(two)
  assert.throws(() => engine.accounts.connect(one), refused('TooManyRequests', /at most 2/))
  end()
  end()
  engine.accounts.connect(one)
  assert.throws(() => engine.accounts.connect(two), refused('TooManyRequests'))
})
