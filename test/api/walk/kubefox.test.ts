import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServed } from '../served.ts'
import { made } from './kubefox.ts'

test('a stranger is told that a tag or branch is deleted, as if it had not been there, and it stays', async t => {
  const served = await startServed(t)
  const { name } = await made(served, 'system')
  for (const ref of ['tag/v1.0', 'branch/main']) {
    const url = `/api/kubefox/v0/system/${name}/${ref}`
    await served.ask('bob', { method: 'DELETE', url })
    assert.equal((await served.ask('ann', { url })).statusCode, 200, ref)
    assert.equal((await served.ask('bob', { url })).statusCode, 404, ref)
  }
})
