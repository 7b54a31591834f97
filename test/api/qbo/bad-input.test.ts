import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { commands } from '../../../src/api/qbo/grammar/table.ts'
import { objects, verbs } from '../../../src/api/qbo/grammar/vocabulary.ts'
import { setUp, until } from '../support.ts'
import { connect, type Message } from './client.ts'

const uuid = '66fac858-a271-49cf-bad0-fdd9ff0b4787'
const nobody = '00000000-0000-0000-0000-000000000000'

for (const [sent, code, words, echoed] of [
  ['', 400, /not JSON/, nobody],
  ['{', 400, /not JSON/, nobody],
  ['null', 400, /must be an object/, nobody],
  ['[]', 400, /must be an object/, nobody],
  ['"version"', 400, /must be an object/, nobody],
  [`{"cmd":"version","cmd":"version","uuid":"${uuid}"}`, 400, /twice|given/, nobody],
  [`{"uuid":"${uuid}"}`, 400, /\/cmd: is required/, uuid],
  [`{"cmd":7,"uuid":"${uuid}"}`, 400, /\/cmd: must be a string/, uuid],
  [`{"cmd":"","uuid":"${uuid}"}`, 400, /\/cmd: must have at least 1 character/, uuid],
  [`{"cmd":"${'x'.repeat(5000)}","uuid":"${uuid}"}`, 400, /\/cmd: must have at most 4096 characters/, uuid],
  ['{"cmd":"version"}', 400, /\/uuid: is required/, nobody],
  ['{"cmd":"version","uuid":"me"}', 400, /\/uuid: must be in the form uuid/, nobody],
  ['{"cmd":"version","uuid":null}', 400, /\/uuid: must be a string/, nobody],
  [`{"cmd":"version","uuid":"${uuid}","admin":true}`, 400, /"admin" is not known here; known: cmd, uuid/, uuid],
  [`{"cmd":"frobnicate","uuid":"${uuid}"}`, 400, /column 1: "frobnicate" is no verb/, uuid],
  [`{"cmd":"add cluster","uuid":"${uuid}"}`, 400, /column 12: NAME is missing/, uuid],
  [`{"cmd":"version now","uuid":"${uuid}"}`, 400, /column 9: "now" is too much/, uuid],
  [`{"cmd":"add user zoe","uuid":"${uuid}"}`, 403, /only admins/, uuid],
  [`{"cmd":"get net -H","uuid":"${uuid}"}`, 403, /only admins/, uuid],
  [`{"cmd":"stop cluster nobody","uuid":"${uuid}"}`, 404, /there is no cluster "nobody"/, uuid],
] as const) {
  test(`${sent.slice(0, 60)} is answered ${code}, and the connection goes on`, async t => {
    const { listen } = await setUp(t)
    const client = await connect({ port: await listen() })
    client.socket.send(sent)
    const answer = await client.until(({ command }) => command === 'CMD_DONE')
    assert.equal(answer.code, code)
    assert.match(answer.output?.[0]?.message ?? '', words)
    assert.equal(answer.uuid, echoed)
    assert.match(answer.command_line, /^qbo /)
    assert.ok(JSON.stringify(answer).length < 7000)
    await client.settled()
  })
}

test('two words of the engine’s are told as they are', async t => {
  const { engine, listen } = await setUp(t)
  const { GatewayError } = await import('../../../src/errors.ts')
  const client = await connect({ port: await listen() })
  engine.failWith(
    new GatewayError('InvalidRequest', 'that is no name', { faults: [{ where: '/body/name', what: 'must be short' }] }),
  )
  const ended = (await client.run('add cluster UPPER')).at(-1)
  assert.equal(ended?.code, 400)
  assert.equal(ended?.output?.[0]?.message, 'that is no name: /name must be short')
  engine.failWith(new GatewayError('AlreadyExists', 'the name is taken'))
  assert.equal((await client.run('add cluster alex')).at(-1)?.status, 'Conflict')
})

test('what nobody foresaw is a 500 that tells nothing', async t => {
  const { engine, listen, logText } = await setUp(t, { expectErrors: true })
  const client = await connect({ port: await listen() })
  engine.failWith(new Error('secret words'))
  const ended = (await client.run('add cluster alex')).at(-1)
  assert.equal(ended?.code, 500)
  assert.doesNotMatch(JSON.stringify(ended), /secret/)
  assert.match(logText(), /secret words/)
  await client.settled()
})

test('whatever is sent is answered as the AsyncAPI document says', async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex')
  engine.putNode('node-1.localhost')
  const client = await connect({ port: await listen(), as: 'root' })
  const reads = commands.flatMap(spec => (spec.verb === 'get' || spec.verb === 'version' ? spec.examples : []))
  const word = fc.oneof(
    fc.constantFrom(...[...verbs, ...objects].flatMap(entry => entry.words)),
    fc.constantFrom('-A', '-w', '-k', '-H', '-l', '-n', '-n3', '-i', '--admin', '--', 'alex', 'node-1', '-c'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  const cmd = fc.oneof(
    fc.constantFrom(...reads),
    fc.array(word, { maxLength: 6 }).map(words => words.join(' ')),
    fc.string({ unit: 'binary', maxLength: 64 }),
  )
  const message = fc.oneof(
    cmd.map(line => JSON.stringify({ cmd: line, uuid })),
    fc.json(),
    fc.string({ unit: 'binary', maxLength: 64 }),
    fc.record({ cmd: fc.anything(), uuid: fc.anything() }).map(value => JSON.stringify(value) ?? ''),
  )
  const isAnswer = ({ command, code }: Message) => command === 'CMD_DONE' || code === 202
  await fc.assert(
    fc.asyncProperty(message, async text => {
      const before = client.received.filter(isAnswer).length
      client.socket.send(text)
      await until(() => client.received.filter(isAnswer).length > before)
      await client.run('stop watch -A')
      client.received.length = 0
      // What would otherwise wait for an operation for ever.
      for (const operation of engine.tables.operations.list({ viewer: { name: 'root', admin: true } }).items)
        engine.progress(operation.id, { state: 'succeeded' })
      await client.settled()
    }),
    { numRuns: 300 },
  )
})
