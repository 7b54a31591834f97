import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Token } from '../../../src/engine/users/schema.ts'
import { setUp, until } from '../support.ts'
import { connect } from './client.ts'

test('the tokens of get user -l do not add up', async t => {
  const { engine, listen } = await setUp(t)
  const laptop: Token = {
    id: randomUUID(),
    name: 'laptop',
    kind: 'token',
    createdAt: new Date(0).toISOString(),
    expiresAt: null,
    lastUsedAt: null,
  }
  const kept = [laptop]
  Object.assign(engine.users.tokens, {
    create: async (_principal: unknown, _user: string, { name }: { name: string }) => {
      const createdAt = new Date(1000 * kept.length + engine.clock.now()).toISOString()
      const token: Token = { ...laptop, id: randomUUID(), name, kind: 'web', createdAt }
      kept.push(token)
      await engine.clock.advance(10_000)
      return { ...token, token: randomUUID() }
    },
    list: async () => kept.toReversed(),
    revoke: async (_principal: unknown, _user: string, id: string) => {
      kept.splice(
        kept.findIndex(token => token.id === id),
        1,
      )
    },
  })
  const client = await connect({ port: await listen() })
  for (let n = 0; n < 12; n += 1) {
    const [, , configuration, ended] = await client.run('get user -l')
    assert.equal(Object(configuration?.cli)[0].qbo_host, '127.0.0.1')
    assert.equal(ended?.code, 200)
  }
  await until(() => kept.length === 9)
  assert.equal(kept[0], laptop)
  const last = client.received.at(-1)?.command_id.slice(0, 8) ?? ''
  assert.equal(kept.at(-1)?.name, `qbo-cli-${last}`)
})
