/**
 * Reads of a ref over HTTP beside a bare Fastify route with the same query, and tags beside plain inserts into the same
 * database. Medians of rounds that alternate; more than 1 is faster than what stands beside it.
 *
 *   npm run bench:refs
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { load } from './support/load.ts'
import type { RefsReady, TagsAnswer, TagsOrder } from './support/refs-server.ts'
import { median } from './support/report.ts'

const rounds = 9
const atOnce = 8
const roundMs = 1500
const tags = 3000

const server = fork(fileURLToPath(new URL('support/refs-server.ts', import.meta.url)))
const { ours, bare, token, fsync } = await told<RefsReady>(server)
const headers = { authorization: `Bearer ${token}` }

function told<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the server ended (exit code ${code})`))
    child.once('exit', ended)
    child.once('message', (message: T) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

async function made(by: TagsOrder['by']): Promise<number> {
  const answer = told<TagsAnswer>(server)
  server.send({ by, count: tags, atOnce } satisfies TagsOrder)
  return (await answer).rate
}

async function read(address: string): Promise<number> {
  return (await load(address, { connections: atOnce, ms: roundMs, headers })).rate
}

async function compare(what: string, one: () => Promise<number>, beside: () => Promise<number>): Promise<void> {
  const rates: [number, number][] = []
  // The first two warm up.
  for (let round = -2; round < rounds; round++) {
    const pair: [number, number] = [await one(), await beside()]
    if (round >= 0) rates.push(pair)
  }
  const [our, other] = [median(rates.map(pair => pair[0])), median(rates.map(pair => pair[1]))]
  const ratio = median(rates.map(([first, second]) => first / second))
  console.log(`${what.padEnd(12)}${our.toFixed(0)}/s beside ${other.toFixed(0)}/s: ${ratio.toFixed(2)}`)
}

console.log(`${atOnce} at once, fsync ${fsync}`)
await compare(
  'ref reads',
  () => read(ours),
  () => read(bare),
)
await compare(
  'tags',
  () => made('engine'),
  () => made('inserts'),
)
server.kill('SIGTERM')
await once(server, 'exit')
