/**
 * One change to many watching WebSockets, against a bare `ws` server that sends the same ready-made frame to as many.
 *
 *   npm run bench:qbo -- [connections] [rounds]      1000 and 300 by default
 *
 * Server and clients are processes of their own; both servers run in turns, so that what else the machine does meets
 * both. A round is one change: its time runs from the change until the last connection has it all.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadAnswer, LoadOrder } from './support/qbo-load.ts'
import type { ServerAnswer, ServerOrder } from './support/qbo-server.ts'
import { median } from './support/report.ts'

const turns = 5
const [connections = 1000, wanted = 300] = process.argv.slice(2).map(Number)
const rounds = Math.ceil(wanted / turns) * turns

interface Measured {
  /** Milliseconds of each round. */
  times: number[]
  /** Microseconds of processor for each delivery. */
  processor: number[]
  /** Bytes for each connection. */
  heap: number
  resident: number
}

interface Child<Order, Answer> extends AsyncDisposable {
  ask(order: Order): Promise<Answer>
}

/** A process that answers one order at a time. */
function start<Order extends object, Answer>(file: string, args: string[] = []): Child<Order, Answer> {
  const child = fork(fileURLToPath(new URL(`./support/${file}`, import.meta.url)), args, { execArgv: ['--expose-gc'] })
  const exited = once(child, 'exit')
  return {
    async ask(order) {
      child.send(order)
      const [answer] = await Promise.race([
        once(child, 'message'),
        exited.then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`))),
      ])
      return answer
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await exited
    },
  }
}

async function run(kinds: readonly ('bare' | 'kindgate')[]): Promise<Map<string, Measured>> {
  await using all = new AsyncDisposableStack()
  const pairs = await Promise.all(
    kinds.map(async kind => {
      const server = all.use(start<ServerOrder, ServerAnswer>('qbo-server.ts', [kind]))
      const load = all.use(start<LoadOrder, LoadAnswer>('qbo-load.ts'))
      const { port } = await server.ask({ do: 'listen' })
      const before = await server.ask({ do: 'measure' })
      await load.ask({ do: 'connect', port, connections })
      const after = await server.ask({ do: 'measure' })
      await load.ask({ do: 'watch' })
      const measured: Measured = {
        times: [],
        processor: [],
        heap: (after.heap - before.heap) / connections,
        resident: (after.resident - before.resident) / connections,
      }
      return { kind, server, load, measured }
    }),
  )
  let done = 0
  for (let turn = 0; turn < turns; turn += 1) {
    for (const { server, load, measured } of pairs) {
      const { processor: before } = await server.ask({ do: 'usage' })
      for (let round = 0; round < rounds / turns; round += 1) {
        const arrived = load.ask({ do: 'await', round: done + round + 1 })
        const { at: changed } = await server.ask({ do: 'change' })
        const { at: last } = await arrived
        // The first rounds of a turn warm it up.
        if (round >= 5) measured.times.push(last - changed)
      }
      const { processor: after } = await server.ask({ do: 'usage' })
      measured.processor.push((after - before) / (rounds / turns) / connections)
    }
    done += rounds / turns
  }
  return new Map(pairs.map(({ kind, measured }) => [kind, measured]))
}

function percentile(values: number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN
}

const results = await run(['bare', 'kindgate'])
console.log(`one change to ${connections} connections, ${rounds} rounds`)
console.log(
  ['', 'deliveries/s', 'median ms', 'p99 ms', 'µs CPU each', 'heap B/conn', 'RSS B/conn']
    .map((cell, index) => (index === 0 ? cell.padEnd(12) : cell.padStart(13)))
    .join(''),
)
for (const [kind, { times, processor, heap, resident }] of results) {
  const cells = [
    Math.round((connections / median(times)) * 1000),
    median(times).toFixed(2),
    percentile(times, 0.99).toFixed(2),
    median(processor).toFixed(2),
    Math.round(heap),
    Math.round(resident),
  ]
  console.log(kind.padEnd(12) + cells.map(cell => String(cell).padStart(13)).join(''))
}
const [bare, kindgate] = ['bare', 'kindgate'].map(kind => median(results.get(kind)?.times ?? []))
console.log(`kindgate delivers ${((bare ?? 0) / (kindgate ?? 1)).toFixed(2)} of the bare server's`)
