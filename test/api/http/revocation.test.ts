import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { address, compactOf } from '../../support/accounts.ts'
import { root } from '../../support/engine-on-simulated.ts'
import { type Served, startServed, type User } from '../served.ts'

/** Opens a watch over a real connection; resolves once it has begun. */
async function openWatch(port: number, headers: Record<string, string>) {
  const outgoing = request({ port, path: '/api/v1/clusters?watch=true', agent: false, headers })
  outgoing.end()
  const [answer] = await once(outgoing, 'response')
  assert.equal(answer.statusCode, 200)
  let ended = false
  const all = text(answer).finally(() => {
    ended = true
  })
  return { all, ended: () => ended }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function watchesOf(served: Served, ...users: User[]) {
  const port = await served.listen()
  return Promise.all(users.map(user => openWatch(port, bearer(served.tokens[user]))))
}

test('a watch ends when its token is revoked; those by other tokens go on', async t => {
  const served = await startServed(t)
  const [ofAnn, ofBob] = await watchesOf(served, 'ann', 'bob')
  const answer = await served.ask('ann', { method: 'GET', url: '/api/v1/version' })
  assert.equal(answer.statusCode, 200)
  await served.engine.users.tokens.revoke(root, 'ann', 'test')
  assert.match((await ofAnn?.all) ?? '', /BOOKMARK/)
  assert.equal(ofBob?.ended(), false)
  assert.equal((await served.ask('ann', { url: '/api/v1/version' })).statusCode, 401)
})

test('a connection that is kept is asked by each request anew who it is', async t => {
  const served = await startServed(t)
  const port = await served.listen()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const ports = new Set<unknown>()
  const who = async (headers: Record<string, string>) => {
    const outgoing = request({ port, path: '/api/v1/clusters', agent, headers })
    outgoing.end()
    const [answer]: IncomingMessage[] = await once(outgoing, 'response')
    assert.ok(answer)
    ports.add(answer.socket.localPort)
    await text(answer)
    return answer.statusCode
  }
  const ann = bearer(served.tokens.ann)
  assert.equal(await who(ann), 200)
  assert.equal(await who(ann), 200)
  assert.equal(await who({}), 401)
  assert.equal(await who(bearer('kg_unknown')), 401)
  assert.equal(await who(bearer(served.tokens.bob)), 200)
  assert.equal(await who(ann), 200)
  await served.engine.users.tokens.revoke(root, 'ann', 'test')
  assert.equal(await who(ann), 401)
  assert.equal(await who(bearer(served.tokens.bob)), 200)
  assert.equal(ports.size, 1, 'all on one connection')
})

test('a watch ends with the word to list again when its user gets another role', async t => {
  const served = await startServed(t)
  const [ofAnn, ofBob] = await watchesOf(served, 'ann', 'bob')
  await served.engine.users.patch(root, 'ann', { admin: true })
  assert.match((await ofAnn?.all) ?? '', /"ERROR".*"code":410/)
  assert.equal(ofBob?.ended(), false)
})

test('a watch ends when its user is deleted, and when somebody does it in the database', async t => {
  const served = await startServed(t)
  const [ofAnn, ofBob] = await watchesOf(served, 'ann', 'bob')
  await served.engine.users.remove(root, 'ann')
  await ofAnn?.all
  await served.store.sql`update users set disabled = true where name = 'bob'`
  await ofBob?.all
})

test('who waits for the end of an operation waits no longer than the credential lasts', async t => {
  const served = await startServed(t)
  const port = await served.listen()
  served.runtime.inject.breakDaemon('so that nothing ends')
  const outgoing = request({
    port,
    path: '/api/v1/clusters',
    method: 'POST',
    headers: { ...bearer(served.tokens.ann), 'content-type': 'application/json', prefer: 'wait=600' },
  })
  const answered = once(outgoing, 'response')
  outgoing.end('{"name":"alex"}')
  await served.until(() => served.engine.tables.operations.list({ viewer: root }).items.length > 0)
  await served.engine.users.tokens.revoke(root, 'ann', 'test')
  const [answer] = await answered
  assert.equal(answer.statusCode, 202)
  answer.resume()
})

test("QBO's cookies let in by a token and by a service account, whatever white space is around them", async t => {
  const served = await startServed(t)
  const { users } = served.engine
  const { token } = await users.tokens.create(root, 'ann', { name: 'browser', kind: 'web' })
  const { cli } = await users.serviceAccounts.create(root, 'bob', { name: 'cli' }, address)
  const compact = await compactOf(cli)
  const who = async (cookie: string) => {
    const answer = await served.ask(null, { url: '/api/v1/version', headers: { cookie } })
    return answer.statusCode
  }
  for (const good of [
    `qbo_uid=${token}; qbo_aux=`,
    `qbo_uid=${token}`,
    ` other=1 ;  qbo_uid = ${token} ;qbo_aux= `,
    `qbo_uid=${served.tokens.ann}; qbo_aux=`,
    `qbo_uid=${compact}; qbo_aux=${cli.qbo_aux}`,
    `qbo_aux= ${cli.qbo_aux} ;qbo_uid=${compact.slice(0, 80)} ${compact.slice(80)}`,
  ])
    assert.equal(await who(good), 200, good)
  for (const bad of [
    `qbo_uid=; qbo_aux=`,
    `qbo_uid=${cli.qbo_aux}; qbo_aux=`,
    `qbo_uid=${token}; qbo_aux=${cli.qbo_aux}`,
    `qbo_uid=${compact}; qbo_aux=`,
    `qbo_aux=${cli.qbo_aux}`,
    `token=${served.tokens.root}`,
  ])
    assert.equal(await who(bad), 401, bad)
  const wrongHeader = { cookie: `qbo_uid=${token}`, authorization: 'Bearer wrong' }
  assert.equal((await served.ask(null, { url: '/api/v1/version', headers: wrongHeader })).statusCode, 401)
})
