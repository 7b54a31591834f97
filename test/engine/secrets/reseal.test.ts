import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptDeployment } from '../../../src/engine/orders/rows.ts'
import { createDeploymentSeals } from '../../../src/engine/orders/sealing.ts'
import { createKeyring, type Keyring } from '../../../src/engine/secrets/keyring.ts'
import { reseal, type SealedSource } from '../../../src/engine/secrets/reseal.ts'
import { sealedSources } from '../../../src/engine/secrets/sources.ts'
import type { Store } from '../../../src/store/postgres.ts'
import { createEagerClock } from '../../support/eager-clock.ts'
import { ann, type Rig, root, startOn, startRig } from '../../support/engine-on-simulated.ts'
import { startForeignCluster } from '../../support/imported.ts'
import { recordingLog } from '../../support/log.ts'
import { makeOrder, request } from '../orders/support.ts'

const keyOf = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const [old, fresh] = [keyOf(7), keyOf(8)]
const at = { host: 'localhost', port: 9601 }
const both = createKeyring([fresh, old])

/** What is sealed beside configs: a pull secret, a service account's key, a kubeconfig, an order's variables. */
const others = 4

/** Everything that is sealed, made with the old key. */
async function fill(
  t: Parameters<typeof startRig>[0],
  configs = 9,
): Promise<{ rig: Rig; account: string; order: string }> {
  const rig = await startRig(t)
  const { engine } = rig
  for (let count = 0; count < configs; count += 1)
    await engine.refs.create(ann, 'config', `c${count % 7}x`, { secrets: { password: `secret ${count}` } })
  await engine.refs.create(ann, 'config', 'bare', { components: {} })
  await engine.platforms.put(ann, 'kubefox', { systems: { demo: { imagePullSecret: 'dG9rZW4=' }, other: {} } })
  const account = await engine.users.serviceAccounts.create(root, 'ann', { name: 'cli' }, at)
  await rig.create({ name: 'alex', nodes: 1, region: 'ausrine' }, root)
  await rig.until(() => engine.orders.regions.list().includes('ausrine'))
  const order = await makeOrder(rig)
  await engine.orders.deployments.deploy(
    order.id,
    request({ envs: [{ name: 'PASSWORD', value: 'secret of an order' }] }),
  )
  const foreign = await startForeignCluster(t)
  await engine.clusters.create(root, { name: 'far', kubeconfig: foreign.kubeconfig() })
  await rig.until(() => engine.tables.clusters.byName('far')?.state === 'ready')
  return { rig, account: account.id, order: order.id }
}

async function sealedIn(store: Store): Promise<string[]> {
  const found: string[] = []
  for (const source of sealedSources(store))
    for await (const texts of source(1000)) found.push(...texts.map(text => text.sealed))
  return found
}

const staleIn = async (store: Store) => (await sealedIn(store)).filter(sealed => !both.isCurrent(sealed)).length

test('after a rotation all is sealed with the newest key at the next start, and the old key can be left out', async t => {
  const { rig, account, order } = await fill(t)
  const { store, runtime, clock } = rig
  assert.equal(await staleIn(store), 9 + others)
  await rig.engine.close()

  const rotated = await startOn(t, { store, runtime, clock }, { keyring: both })
  assert.match(await rotated.engine.refs.reveal(ann, { name: 'c0x', type: 'head', ref: '' }), /secret 7/)
  while ((await staleIn(store)) > 0) await new Promise(resolve => setImmediate(resolve))
  await rotated.engine.close()

  const without = await startOn(t, { store, runtime, clock }, { keyring: createKeyring([fresh]) })
  assert.match(await without.engine.refs.reveal(ann, { name: 'c6x', type: 'head', ref: '' }), /secret 6/)
  const platform = await without.engine.platforms.get(ann, 'kubefox', { reveal: true })
  assert.deepEqual({ ...platform.systems }, { demo: { imagePullSecret: 'dG9rZW4=' }, other: { imagePullSecret: '' } })
  const { serviceAccounts } = without.engine.users
  assert.match(JSON.stringify(await serviceAccounts.document(ann, 'ann', account, at)), /qbo_aux/)
  await without.until(() => without.engine.tables.clusters.byName('far')?.state === 'ready')
  const [row] = await store.sql<{ deployment: KeptDeployment }[]>`select deployment from orders where id = ${order}`
  assert.ok(row)
  const opened = await createDeploymentSeals(createKeyring([fresh])).open(order, row.deployment)
  assert.deepEqual(opened.containers[0]?.envs, [{ name: 'PASSWORD', value: 'secret of an order' }])
})

test('a gateway that dies in the middle leaves every secret readable, and the next one goes on', async t => {
  // More than a batch.
  const configs = 110
  const { rig } = await fill(t, configs)
  const { store } = rig
  await rig.engine.close()
  const end = new AbortController()
  let replaced = 0
  const dying = sealedSources(store).map(source => onReplace(source, () => ++replaced === 60 && end.abort()))
  await run(store, both, { sources: dying, signal: end.signal })
  assert.equal(replaced, 60)
  assert.equal(await staleIn(store), configs + others - 60)
  for (const source of sealedSources(store))
    for await (const texts of source(1000)) for (const { sealed, context } of texts) await both.open(sealed, context)

  const log = await run(store, both)
  assert.equal(await staleIn(store), 0)
  assert.match(log.join(), new RegExp(`"resealed":${configs + others - 60},"unreadable":0`))
  const before = await sealedIn(store)
  assert.deepEqual(await run(store, both), [], 'there is nothing left to say')
  assert.deepEqual(await sealedIn(store), before, 'what is current is left alone')
})

test('what no key opens stays as it is and is named; what was changed meanwhile is not overwritten', async t => {
  const { rig } = await fill(t)
  const { store } = rig
  await rig.engine.close()
  const lost = await createKeyring([keyOf(9)]).seal('x', 'kubeconfig/gone')
  await store.sql`update imported_clusters set sealed = ${lost}`
  const meanwhile = await both.seal('changed', 'platform/kubefox/system/demo')
  const changing = sealedSources(store).map(source =>
    onReplace(
      source,
      () => store.sql`
        update kubefox_platforms set systems = jsonb_set(systems, '{demo}', to_jsonb(${meanwhile}::text))`,
    ),
  )
  const log = await run(store, both, { sources: changing })
  const after = await sealedIn(store)
  assert.ok(after.includes(lost))
  assert.ok(after.includes(meanwhile))
  assert.match(log.join(), /"of":"kubeconfig\/.*not listed/)
  assert.match(log.join(), /"unreadable":1/)
})

test('a store that fails meanwhile is tried again', async t => {
  const { rig } = await fill(t)
  const { store } = rig
  await rig.engine.close()
  let failures = 0
  const failing = sealedSources(store).map(source =>
    onReplace(source, () => {
      if (failures++ < 1) throw new Error('the connection is lost')
    }),
  )
  await run(store, both, { sources: failing })
  assert.equal(await staleIn(store), 0)
})

/** The same, calling something before each text that is replaced. */
function onReplace(source: SealedSource, before: () => unknown): SealedSource {
  return async function* (most) {
    for await (const texts of source(most))
      yield texts.map(text => ({
        ...text,
        async replace(sealed) {
          await before()
          return text.replace(sealed)
        },
      }))
  }
}

async function run(
  store: Store,
  keyring: Keyring,
  { sources = sealedSources(store), signal = new AbortController().signal } = {},
) {
  const log = recordingLog()
  const clock = { ...createEagerClock(), sleep: async () => undefined }
  await reseal({ keyring, sources, clock, log }, signal)
  return log.entries.map(entry => entry.text)
}
