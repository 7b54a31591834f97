import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Message } from '../api/qbo/client.ts'
import { encryptCompact, type PublicJwk } from '../support/jwe.ts'
import { startGateway } from './gateway.ts'
import { connectQbo, type QboClient } from './qbo.ts'
import { clusterOf, nodesOf } from './resources.ts'
import { image, leftovers, prefix } from './tools.ts'

const name = `${prefix}qbo`

interface CliConf {
  qbo_uid: PublicJwk
  qbo_aux: string
}

describe('the QBO AsyncAPI', { concurrency: false }, () => {
  let gateway: Awaited<ReturnType<typeof startGateway>>
  let bearer: Record<string, string>
  const clients: QboClient[] = []
  const connect = async (headers: Record<string, string>) => {
    const client = await connectQbo(gateway.url, headers)
    clients.push(client)
    return client
  }
  const tokenOf = async (user: string) => {
    const answer = await gateway.call('POST', `/api/v1/users/${user}/tokens`, { body: { name: 'test' }, status: 201 })
    return { authorization: `Bearer ${Object(answer.json()).token}` }
  }
  const confOf = (messages: Message[]): CliConf => {
    const users = messages.flatMap(({ users: all }) => (Array.isArray(all) ? all : []))
    return Object(users[0]).cli.conf
  }
  const cookieOf = ({ qbo_uid, qbo_aux }: CliConf, options?: { spaced: boolean }) => ({
    cookie: `qbo_uid=${encryptCompact(qbo_aux, qbo_uid, options)}; qbo_aux=${qbo_aux}`,
  })

  before(async () => {
    gateway = await startGateway({ environment: { NODE_IMAGE: image } })
    bearer = await tokenOf('admin')
  })
  after(async () => {
    for (const client of clients) client[Symbol.dispose]()
    await gateway?.call('DELETE', `/api/v1/clusters/${name}`, { headers: { prefer: 'wait=120' } })
    await gateway?.[Symbol.asyncDispose]()
  })

  test('a service account gets in, made by another JOSE implementation', async () => {
    const admin = await connect(bearer)
    const conf = confOf(await admin.run('get user admin'))
    for (const spaced of [false, true]) {
      const client = await connect(cookieOf(conf, { spaced }))
      assert.equal((await client.run('version')).at(-1)?.user, 'admin')
    }
    await assert.rejects(
      connect({ cookie: `qbo_uid=${encryptCompact('another', conf.qbo_uid)}; qbo_aux=${conf.qbo_aux}` }),
    )
  })

  test('a cluster is made over the socket, while REST watches, and the other way round', async () => {
    const [one, other] = [await connect(bearer), await connect(bearer)]
    const watch = other.send('get nodes -A -w')
    const made = await one.run(`add cluster ${name} -n 2`)
    assert.equal(made.at(-1)?.code, 200, JSON.stringify(made.at(-1)))
    const states = made.flatMap(({ nodes = [] }) =>
      nodes.map(node => [node.name.replace(/-.*/, ''), node.state].join(' ')),
    )
    assert.equal(states[0], 'control created')
    for (const state of ['created', 'running', 'ready'])
      for (const role of ['control', 'node']) assert.ok(states.includes(`${role} ${state}`), `${role} ${state}`)
    assert.equal((await clusterOf(gateway, name)).state, 'ready')
    assert.equal((await nodesOf(gateway, name)).length, 2)
    await other.until(({ uuid, nodes }) => uuid === watch && nodes?.[0]?.state === 'ready')
    assert.ok(other.received.some(({ uuid, command }) => uuid === made[0]?.uuid && command === 'CMD_DONE'))

    const [, , kubeconfig] = await one.run(`get cluster ${name} -k`)
    assert.match(kubeconfig?.output?.[0]?.kubeconfig ?? '', /^apiVersion: v1/)
    const [, , pods] = await one.run(`get pods ${name}`)
    assert.ok(Array.isArray(pods?.pods) && pods.pods.length > 0)

    await gateway.call('POST', `/api/v1/clusters/${name}/stop`, { headers: { prefer: 'wait=120' }, status: 200 })
    await other.until(({ uuid, nodes }) => uuid === watch && nodes?.[0]?.state === 'exited')
    assert.equal((await one.run(`start cluster ${name}`)).at(-1)?.code, 200)
    assert.equal((await clusterOf(gateway, name)).state, 'ready')
  })

  test('another user sees nothing of it, and a deleted user’s connection ends', async () => {
    const admin = await connect(bearer)
    assert.equal((await admin.run('add user kgtest-bob')).at(-1)?.code, 200)
    const bob = await connect(cookieOf(confOf(await admin.run('get user kgtest-bob'))))
    const [, , clusters] = await bob.run('get clusters -A')
    assert.deepEqual(clusters?.clusters, [])
    assert.equal((await bob.run(`del cluster ${name}`)).at(-1)?.code, 404)
    assert.ok(bob.received.every(({ user }) => user === 'kgtest-bob'))
    assert.equal((await admin.run('del user kgtest-bob')).at(-1)?.code, 200)
    assert.equal(await bob.closed, 4401)
  })

  test('it is deleted over the socket, and nothing is left', async () => {
    const admin = await connect(bearer)
    const messages = await admin.run(`del cluster ${name}`)
    assert.equal(messages.at(-1)?.code, 200)
    const gone = messages.flatMap(({ nodes = [] }) => nodes).filter(({ state }) => state === 'deleted')
    assert.equal(gone.length, 2)
    const [, , clusters] = await admin.run(`get cluster ${name}`)
    assert.deepEqual(clusters?.clusters, [])
    assert.deepEqual(await leftovers(name), [])
  })
})
