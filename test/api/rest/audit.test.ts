import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServed } from '../served.ts'
import { problemOf } from '../support.ts'

const url = '/api/v1/audit'

interface Entry {
  actor: string | null
  action: string
  resource: string
  result: string
  from: string
  requestId: string
}

test('what could change something is recorded with who asked and how it ended, refusals too', async t => {
  const { ask, engine, server } = await startServed(t)
  const create = { method: 'POST', url: '/api/v1/users', payload: { name: 'cyd' } } as const
  const made = await ask('root', create)
  const secret = 'kg_not-a-token-but-a-secret-all-the-same'
  await server.inject({ ...create, url: `${create.url}?x=${secret}`, headers: { authorization: `Bearer ${secret}` } })
  await ask('ann', create)
  await ask('root', create)
  await ask('ann', { method: 'DELETE', url: '/api/v1/users/bob' })
  await ask('ann', { url: '/api/v1/users' })
  const entries = await recorded(5)
  assert.deepEqual(
    entries.map(({ actor, action, resource, result }) => [actor, action, resource, result]),
    [
      ['root', 'userCreate', '/api/v1/users', 'OK'],
      [null, 'userCreate', '/api/v1/users', 'Unauthorized'],
      ['ann', 'userCreate', '/api/v1/users', 'Forbidden'],
      ['root', 'userCreate', '/api/v1/users', 'AlreadyExists'],
      ['ann', 'userDelete', '/api/v1/users/bob', 'NotFound'],
    ],
  )
  assert.equal(entries[0]?.requestId, made.headers['x-request-id'])
  assert.equal(entries[0]?.from, '127.0.0.1')
  assert.equal(JSON.stringify(entries).includes(secret), false)
  const mine = await ask('root', { url: `${url}?actor=ann&result=NotFound` })
  assert.deepEqual(
    mine.json().items.map((entry: Entry) => entry.action),
    ['userDelete'],
  )
  problemOf(await ask('ann', { url }), 403, 'Forbidden')

  /** The entries, the oldest first, once there are so many. */
  async function recorded(count: number): Promise<Entry[]> {
    const { audit } = engine.tables
    await new Promise<void>(resolve => {
      const look = () => {
        if (audit.list({ viewer: { name: 'root', admin: true } }).items.length < count) return
        end()
        resolve()
      }
      const end = audit.subscribe(look)
      look()
    })
    const { items } = (await ask('root', { url })).json()
    return items.toReversed()
  }
})

test('pages lead from the newest entry to the oldest', async t => {
  const { ask, engine } = await startServed(t)
  for (let each = 0; each < 5; each++) await ask('bob', { method: 'POST', url: '/api/v1/users', payload: {} })
  const seen: string[] = []
  await new Promise<void>(resolve => {
    const end = engine.tables.audit.subscribe(() => {
      const viewer = { name: 'root', admin: true }
      if (engine.tables.audit.list({ viewer, filter: ({ actor }) => actor === 'bob' }).items.length < 5) return
      end()
      resolve()
    })
  })
  let next = ''
  do {
    const page = (await ask('root', { url: `${url}?actor=bob&limit=2${next && `&continue=${next}`}` })).json()
    seen.push(...page.items.map((entry: Entry) => entry.requestId))
    next = page.metadata.continue ?? ''
  } while (next !== '')
  assert.equal(new Set(seen).size, 5)
})
