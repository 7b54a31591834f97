import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { createBatches } from '../../src/engine/batches.ts'
import { createKeyedLocks } from '../../src/engine/locks.ts'
import { createSignal } from '../../src/engine/signal.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

test('work on one key goes one after the other in the order it came, on other keys at the same time', async () => {
  const locks = createKeyedLocks()
  const log: string[] = []
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = (name: string, gate?: PromiseWithResolvers<void>) => async () => {
    log.push(`${name} begins`)
    await gate?.promise
    log.push(`${name} ends`)
    return name
  }
  const all = [locks.run('x', work('1', gates[0])), locks.run('x', work('2', gates[1])), locks.run('y', work('3'))]
  await turn()
  assert.deepEqual(log, ['1 begins', '3 begins', '3 ends'])
  gates[1]?.resolve()
  gates[0]?.resolve()
  assert.deepEqual(await Promise.all(all), ['1', '2', '3'])
  assert.deepEqual(log.slice(3), ['1 ends', '2 begins', '2 ends'])
})

test('work that fails tells its caller and does not stand in the way of what comes after', async () => {
  const locks = createKeyedLocks()
  const failing = locks.run('x', async () => {
    throw new Error('no')
  })
  const next = locks.run('x', async () => 'yes')
  await assert.rejects(failing, /no/)
  assert.equal(await next, 'yes')
})

test('whoever waits for a condition is woken when it holds, or when it can never hold', async () => {
  const signal = createSignal()
  const { signal: never } = new AbortController()
  let value = 0
  const one = signal.until(() => value === 1, never)
  const two = signal.until(() => {
    if (value === 1) throw new Error('passed by')
    return value === 2
  }, never)
  two.catch(() => undefined)
  signal.fire()
  assert.equal(await Promise.race([one.then(() => 'woken'), turn().then(() => 'waits')]), 'waits')
  value = 1
  signal.fire()
  await one
  await assert.rejects(two, /passed by/)
  await signal.until(() => true, never)
  assert.equal(getEventListeners(never, 'abort').length, 0)
})

test('waiting ends with its signal, and leaves nothing with it', async () => {
  const signal = createSignal()
  const end = new AbortController()
  let asked = 0
  const waiting = signal.until(() => {
    asked++
    return false
  }, end.signal)
  assert.equal(getEventListeners(end.signal, 'abort').length, 1)
  end.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  signal.fire()
  assert.equal(asked, 1)
  await assert.rejects(
    signal.until(() => true, end.signal),
    /enough/,
  )
})

test('what is added while a batch is worked on goes together into the next one', async () => {
  const batches: string[][] = []
  const gates: PromiseWithResolvers<void>[] = []
  const { add, settled } = createBatches<string>(items => {
    batches.push(items)
    const gate = Promise.withResolvers<void>()
    gates.push(gate)
    return gate.promise
  })
  const first = [add('a'), add('b')]
  await turn()
  const second = [add('c'), add('d'), add('e')]
  await turn()
  assert.deepEqual(batches, [['a', 'b']])
  gates[0]?.reject(new Error('no'))
  for (const each of first) await assert.rejects(each, /no/)
  await turn()
  assert.deepEqual(batches[1], ['c', 'd', 'e'])
  let isSettled = false
  void settled().then(() => {
    isSettled = true
  })
  await turn()
  assert.equal(isSettled, false)
  gates[1]?.resolve()
  await Promise.all(second)
  await turn()
  assert.equal(isSettled, true)
})
