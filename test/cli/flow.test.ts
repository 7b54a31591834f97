import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import { setUp } from '../api/support.ts'
import { tokens } from '../support/engine.ts'
import { fakeGateway, messageFor, type Request, shell, start, startShell } from './support.ts'

/** A gateway that sends messages of 64 KiB as quickly as they are taken. */
function flood(count: number) {
  const padding = 'x'.repeat(64 * 1024)
  let taken = 0
  const finished = Promise.withResolvers<void>()
  function onCommand(socket: WebSocket, request: Request) {
    const next = () => {
      if (taken === count) return socket.send(messageFor(request, { command: 'CMD_DONE' }), () => finished.resolve())
      const text = messageFor(request, { pods: [], number: taken, padding })
      return socket.send(text, error => {
        if (error) return
        taken += 1
        next()
      })
    }
    next()
  }
  /** How many messages were taken, once no further is for a second. */
  async function stalled(): Promise<number> {
    let last = -1
    while (taken === 0 || taken !== last) {
      last = taken
      await Promise.race([after(1000), finished.promise])
    }
    return taken
  }
  return { onCommand, stalled }
}

const readAll = `
  let text = ''
  process.stdin.on('data', chunk => { text += chunk }).on('end', () => {
    const lines = text.trim().split('\\n').map(line => JSON.parse(line))
    console.log(lines.length, lines.slice(0, -1).every(({ number }, index) => number === index), lines.at(-1).command)
  })`

test('a reader that is slow holds the gateway back; what it reads later is whole', async t => {
  const count = 1024
  const { onCommand, stalled } = flood(count)
  const { port } = await fakeGateway(t, { onCommand })
  const env = { KINDGATE_TOKEN: 'kg_any', QBO_PORT: String(port), READ: readAll }
  const line = 'exec 3<&0; kindgate get pods -A | (read -r go <&3; "$NODE" -e "$READ")'
  const { child, closed } = await startShell(t, line, env)
  const taken = await stalled()
  assert.ok(taken < count / 4, `${taken} of ${count} messages were taken while nobody read`)
  child.stdin.end('go\n')
  const { status, out, err } = await closed
  assert.deepEqual([status, out, err], [0, `${count + 1} true CMD_DONE\n`, ''])
})

test('a reader that has enough ends the command quietly, as it ends docker and kubectl', async t => {
  const { port } = await fakeGateway(t, { onCommand: flood(1024).onCommand })
  const env = { KINDGATE_TOKEN: 'kg_any', QBO_PORT: String(port) }
  const { out, err } = await shell(t, 'kindgate get pods -A | head -c 9; echo " $PIPESTATUS"', env)
  assert.deepEqual([out, err], ['{"command 141\n', ''])
  const help = await shell(t, 'kindgate --help | head -1', env)
  assert.deepEqual([help.out, help.err], ['Usage: kindgate COMMAND [NAMES] [OPTIONS]\n', ''])
})

test('a disk that is full is told', { skip: !existsSync('/dev/full') && 'there is no /dev/full' }, async t => {
  const { engine, listen } = await setUp(t)
  engine.putCluster('alex')
  const env = { KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()) }
  const { status, err } = await shell(t, 'kindgate get clusters -A > /dev/full', env)
  assert.equal(status, 1)
  assert.match(err, /^kindgate: cannot write: .*ENOSPC.*\n$/)
})

for (const [signal, expected] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} ends a watch with ${expected}`, async t => {
    const { engine, listen } = await setUp(t)
    engine.putCluster('alex')
    const env = { KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()) }
    const { child, closed } = await start(t, ['get', 'clusters', '-A', '-w'], env)
    await once(child.stdout, 'data')
    child.kill(signal)
    // As a terminal does, which tells a group, and a shell, which passes it on.
    child.kill(signal)
    const { status, err } = await closed
    assert.deepEqual([status, err], [expected, ''])
  })
}

test('a signal ends a command whose reader is stuck', async t => {
  const { onCommand, stalled } = flood(1024)
  const { port } = await fakeGateway(t, { onCommand })
  const { child, closed } = await start(t, ['get', 'pods', '-A'], { KINDGATE_TOKEN: 'kg_any', QBO_PORT: String(port) })
  child.stdout.pause()
  await stalled()
  child.kill('SIGTERM')
  await once(child, 'exit')
  child.stdout.resume()
  assert.equal((await closed).status, 143)
})

test('Ctrl-C on work under way says that the work goes on', async t => {
  const started = Promise.withResolvers<void>()
  const { port } = await fakeGateway(t, { onCommand: () => started.resolve() })
  const env = { KINDGATE_TOKEN: 'kg_any', QBO_PORT: String(port) }
  const { child, closed } = await start(t, ['add', 'cluster', 'alex'], env)
  await started.promise
  child.kill('SIGINT')
  const { status, err } = await closed
  assert.equal(status, 130)
  assert.match(err, /^kindgate: The gateway goes on with what was asked for/)
})
