import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { answerMessages, requestMessages } from '../../../src/api/qbo/asyncapi/document.ts'
import { escapeHtml } from '../../../src/api/qbo/asyncapi/html.ts'
import { commands } from '../../../src/api/qbo/grammar/table.ts'
import { createReader } from '../../../src/api/qbo/messages/read.ts'
import { setUp } from '../support.ts'
import { requireMessage } from './client.ts'

const committed = (name: string) => readFileSync(new URL(`../../../openapi/${name}`, import.meta.url), 'utf8')

test('the committed document is served to everybody', async t => {
  const { ask } = await setUp(t)
  const answer = await ask({ url: '/asyncapi.yaml', as: null })
  assert.equal(answer.headers['content-type'], 'application/yaml; charset=utf-8')
  assert.equal(answer.body, committed('asyncapi.yaml'))
})

test('both documents know the same messages, by the names of QBO’s', () => {
  const names = (text: string) => Object.keys(parse(text).components.messages)
  const known = names(committed('asyncapi.yaml'))
  assert.deepEqual(names(committed('asyncapi-2.6.yaml')), known)
  const published = 'clusters nodes pods services networks ipvs users clients input output'.split(' ')
  for (const name of ['version', 'get', 'start', 'stop', 'add', 'delete', ...published.map(key => `_${key}`)])
    assert.ok(known.includes(name), name)
})

test('the examples are requests and answers', () => {
  const read = createReader()
  for (const { payload } of requestMessages().flatMap(message => message.examples)) {
    assert.ok('request' in read(Buffer.from(JSON.stringify(payload)), false))
  }
  for (const { examples, title } of answerMessages()) {
    assert.ok(examples.length > 0, title)
    for (const { payload } of examples) requireMessage(payload)
  }
})

test('the page needs nothing but itself, and names every command and message', async t => {
  const { ask } = await setUp(t)
  const answer = await ask({ url: '/docs/async', as: null })
  assert.equal(answer.statusCode, 200)
  assert.match(String(answer.headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-[^']+';/)
  assert.doesNotMatch(answer.body, /<script|src=|https?:\/\//)
  for (const { examples } of commands) assert.ok(answer.body.includes(escapeHtml(examples[0])), examples[0])
  for (const { title } of answerMessages()) assert.ok(answer.body.includes(`id="${title}"`), title)
})
