import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setUp } from '../support.ts'

test('/ leads to the docs', async t => {
  const { ask } = await setUp(t)
  const answer = await ask({ url: '/', as: null })
  assert.equal(answer.statusCode, 302)
  assert.equal(answer.headers.location, '/docs')
})

test('the docs load nothing but what the gateway itself serves', async t => {
  const { ask } = await setUp(t)
  for (const url of ['/docs', '/docs/']) {
    const page = await ask({ url, as: null })
    assert.equal(page.statusCode, 200)
    assert.match(String(page.headers['content-type']), /^text\/html/)
    const policy = String(page.headers['content-security-policy'])
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /script-src 'self'(;|$)/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/)
    assert.doesNotMatch(page.body, /<script>|<style>| style=| on\w+=/)
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '')
    assert.ok(files.length >= 5)
    for (const file of files) {
      const asset = await ask({ url: new URL(file, `http://gateway${url}`).pathname, as: null })
      assert.equal(asset.statusCode, 200, file)
      assert.equal(asset.headers['x-content-type-options'], 'nosniff')
    }
  }
})

test('the docs show the document', async t => {
  const { ask } = await setUp(t)
  const document = (await ask({ url: '/openapi.json', as: null })).json()
  assert.deepEqual((await ask({ url: '/docs/json', as: null })).json(), document)
})
