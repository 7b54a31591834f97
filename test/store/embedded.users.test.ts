import assert from 'node:assert/strict'
import { chown, mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import postgres from 'postgres'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { StoreError } from '../../src/store/error.ts'
import { silent } from '../support/log.ts'
import { temporaryFolder } from '../support/postgres.ts'
import { closedToNobody, ps, runs, serverOf, startGateway, userOf } from './support/processes.ts'

// Who may run the server. Only root can be another user, so most of this is for runs as root; where others cannot enter
// the clone, the user of a namespace stands in for an ordinary one.

const isRoot = process.getuid?.() === 0
const closed = isRoot ? closedToNobody() : undefined

async function answerOf(url: string, statement: string): Promise<unknown> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return (await sql.unsafe(statement))[0]?.answer
  } finally {
    await sql.end()
  }
}

test('an ordinary user runs the server as itself', async t => {
  const dataDir = path.join(await temporaryFolder(t), 'data')
  await mkdir(dataDir)
  const { uid, gid } = userOf('nobody')
  if (isRoot && !closed) await chown(dataDir, uid, gid)
  const gateway = startGateway(
    dataDir,
    isRoot
      ? closed
        ? { prefix: ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'] }
        : { uid, gid }
      : {},
  )
  const said = await gateway.said
  assert.equal(said?.error, undefined)
  assert.equal(said?.uid, isRoot ? uid : process.getuid?.())
  assert.equal(await answerOf(said?.url ?? '', 'select 1 as answer'), 1)
  const server = serverOf(dataDir)
  assert.equal(ps('uid', server), ps('uid', gateway.child.pid ?? 0))
  await gateway.stop()
  assert.equal(runs(server), false)
})

if (isRoot) {
  test('root runs the server in a user namespace, in a folder that nobody else can enter', async t => {
    const mine = path.join(await temporaryFolder(t), 'only mine')
    await mkdir(mine, { mode: 0o700 })
    const dataDir = path.join(mine, 'data')
    const server = await startEmbeddedPostgres({ dataDir, log: silent })
    t.after(() => server.stop())
    assert.equal(await answerOf(server.url, 'select 1 as answer'), 1)
    assert.equal(ps('uid', serverOf(dataDir)), '0')
    assert.equal((await stat(path.join(dataDir, 'postgres/base'))).uid, 0)
  })

  test('without namespaces, root names the folder that an unprivileged user cannot enter, and what to do', async t => {
    const mine = path.join(await temporaryFolder(t), 'only mine')
    await mkdir(mine, { mode: 0o700 })
    await assert.rejects(
      startEmbeddedPostgres({ dataDir: path.join(mine, 'data'), log: silent, namespaces: false }),
      (error: unknown) => {
        assert.ok(error instanceof StoreError)
        assert.ok(error.message.includes(`cannot enter ${closed ?? mine}`), error.message)
        assert.match(error.message, /DATA_DIR.*DATABASE_URL/)
        return true
      },
    )
  })
}

if (isRoot && !closed) {
  test('without namespaces, root runs the server as an unprivileged user; the data move along between the ways', async t => {
    const dataDir = path.join(await temporaryFolder(t), 'data')
    const owners: number[] = []
    for (const namespaces of [false, true, false]) {
      const server = await startEmbeddedPostgres({ dataDir, log: silent, namespaces })
      t.after(() => server.stop())
      if (owners.length === 0) await answerOf(server.url, 'create table kept as select 42 as answer')
      assert.equal(await answerOf(server.url, 'select answer from kept'), 42)
      const { uid } = await stat(path.join(dataDir, 'postgres/base'))
      assert.equal(ps('uid', serverOf(dataDir)), String(uid))
      owners.push(uid)
      await server.stop()
    }
    assert.deepEqual(
      owners.map(uid => uid === 0),
      [false, true, false],
    )
  })

  test('without namespaces, the owner of a folder that only he can enter runs the server', async t => {
    const { uid, gid } = userOf('daemon')
    const home = path.join(await temporaryFolder(t), 'home')
    await mkdir(home, { mode: 0o700 })
    await chown(home, uid, gid)
    const server = await startEmbeddedPostgres({ dataDir: path.join(home, 'data'), log: silent, namespaces: false })
    t.after(() => server.stop())
    assert.equal(ps('uid', serverOf(path.join(home, 'data'))), String(uid))
  })
}
