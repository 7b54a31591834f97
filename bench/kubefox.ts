import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { startKubeFox, systemBody } from '../test/api/kubefox/support.ts'
import { ann } from '../test/support/engine-on-simulated.ts'
import { median } from './support/report.ts'

// npm run bench:refs: reads of a ref beside a bare Fastify route with the same query through the same pool, and tags
// beside plain inserts, by the engine and over HTTP. Medians of rounds that alternate; more than 1 is faster than what stands beside it.

const rounds = 15
const each = 400
const atOnce = 8

const cleanups: (() => Promise<void>)[] = []
const rig = await startKubeFox({ after: work => void cleanups.push(work) }, { check: false })
await rig.want(201, 'POST', 'system/demo', systemBody('aaaaaaa'))
await rig.want(201, 'POST', 'system/demo/tag/v1', 'aaaaaaa')
const { sql } = rig.store

const bare = Fastify()
bare.get('/:name/:tag', async (request, reply) => {
  const { name, tag }: { name?: string; tag?: string } = Object(request.params)
  const [row] = await sql<{ body: string }[]>`
    select i.id, i.name, i.body::text, i.secrets, r.title, r.description
    from kubefox_refs f
    join kubefox_instances i on i.kind = f.kind and i.name = f.name and i.id = f.instance
    join kubefox_resources r on r.kind = f.kind and r.name = f.name
    where f.kind = ${'system'} and f.name = ${name ?? ''} and f.type = ${'tag'} and f.ref = ${tag ?? ''}
      and (r.owner = ${'ann'} or ${false})`
  return reply.type('application/json').send(row?.body)
})
const bareUrl = `${await bare.listen({ host: '127.0.0.1', port: 0 })}/demo/v1`
const ourUrl = `${await rig.server.listen({ host: '127.0.0.1', port: 0 })}/api/kubefox/v0/system/demo/tag/v1`

const read = async (url: string) => {
  const answer = await fetch(url, { headers: { authorization: 'Bearer ann' } })
  if (!answer.ok) throw new Error(await answer.text())
  await answer.arrayBuffer()
}
const fresh = () => `b${randomUUID().slice(0, 20)}`
const tag = () => rig.engine.refs.tag({ principal: ann, kind: 'system', name: 'demo', tag: fresh(), id: 'aaaaaaa' })
const tagOverHttp = async () => {
  const answer = await fetch(`${ourUrl.slice(0, -'v1'.length)}${fresh()}`, {
    method: 'POST',
    headers: { authorization: 'Bearer ann', 'content-type': 'text/plain' },
    body: 'aaaaaaa',
  })
  if (!answer.ok) throw new Error(await answer.text())
  await answer.arrayBuffer()
}
const insert = () =>
  sql`insert into kubefox_refs (kind, name, type, ref, instance) values ('system', 'demo', 'tag', ${fresh()}, 'aaaaaaa')`

/** Calls a second, in rounds that alternate. */
async function compare(what: string, ours: () => Promise<unknown>, beside: () => Promise<unknown>): Promise<void> {
  const rates: [number[], number[]] = [[], []]
  for (let round = -2; round < rounds; round++)
    for (const [index, act] of [ours, beside].entries()) {
      const rate = await rateOf(act)
      if (round >= 0) rates[index]?.push(rate)
    }
  const [our, other] = rates.map(median)
  console.log(
    `${what.padEnd(24)} ${our?.toFixed(0)}/s beside ${other?.toFixed(0)}/s: ${((our ?? 0) / (other ?? 1)).toFixed(2)}`,
  )
}

async function rateOf(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  let left = each
  const worker = async () => {
    while (left-- > 0) await act()
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return (each / (performance.now() - start)) * 1000
}

const [durability] = await sql<{ fsync: string }[]>`select current_setting('fsync') as fsync`
console.log(`fsync ${durability?.fsync}`)
await compare(
  'ref reads',
  () => read(ourUrl),
  () => read(bareUrl),
)
await compare('tags', tag, insert)
await compare('tags over HTTP', tagOverHttp, insert)
await bare.close()
for (const cleanup of cleanups.reverse()) await cleanup()
