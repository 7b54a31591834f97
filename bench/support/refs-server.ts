// A process of its own: a gateway on a store, and beside it, on a pool of the same kind to the same database, a bare
// Fastify route with the query that a ref's read takes, and plain inserts.
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fastify from 'fastify'
import { startGateway } from '../../src/app.ts'
import { readSettings } from '../../src/config-read.ts'
import { createLogger } from '../../src/log.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded.ts'
import { openStore } from '../../src/store/postgres.ts'

export interface RefsReady {
  ours: string
  bare: string
  token: string
  fsync: string
}

/** Makes so many tags, by the engine or by plain inserts. */
export interface TagsOrder {
  by: 'engine' | 'inserts'
  count: number
  atOnce: number
}

export interface TagsAnswer {
  /** A second. */
  rate: number
}

const base = '/api/kubefox/v0'
const principal = { name: 'admin', admin: true }
const dataDir = await mkdtemp(path.join(tmpdir(), 'kgtest-refs-'))
const log = createLogger({ level: 'warn' })
const database = await startEmbeddedPostgres({ dataDir, log })
const environment = {
  RUNTIME: 'simulated',
  HOST: '127.0.0.1',
  PORT: '0',
  DATA_DIR: dataDir,
  DATABASE_URL: database.url,
  LOG_LEVEL: 'warn',
}
const running = await startGateway({
  settings: readSettings(environment),
  environment,
  version: 'bench',
  onFatal: reason => {
    throw new Error(reason)
  },
})
const store = await openStore({ url: database.url, log })
const { sql } = store
const token = (await readFile(path.join(dataDir, 'admin.token'), 'utf8')).trim()

const hash = 'aaaaaaa'
const component = { type: 'kubefox', gitHash: hash, image: `ghcr.io/acme/demo/api:${hash}` }
const system = {
  gitRepo: 'https://github.com/acme/demo.git',
  gitHash: hash,
  gitRef: 'branch/main',
  apps: { web: { gitHash: hash, components: { api: component } } },
}
await put('system/demo', 'application/json', JSON.stringify(system))
await put('system/demo/tag/v1', 'text/plain', 'aaaaaaa')

async function put(where: string, type: string, body: string) {
  const answer = await fetch(`${running.url}${base}/${where}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    body,
  })
  if (!answer.ok) throw new Error(await answer.text())
}

const bare = fastify()
bare.get('/:name/:tag', async (request, reply) => {
  const { name, tag }: { name?: string; tag?: string } = Object(request.params)
  const [row] = await sql<{ body: string }[]>`
    select i.id, i.name, i.body::text, i.secrets, r.title, r.description
    from kubefox_refs f
    join kubefox_instances i on i.kind = f.kind and i.name = f.name and i.id = f.instance
    join kubefox_resources r on r.kind = f.kind and r.name = f.name
    where f.kind = ${'system'} and f.name = ${name ?? ''} and f.type = ${'tag'} and f.ref = ${tag ?? ''}
      and (r.owner = ${principal.name} or ${principal.admin})`
  return reply.type('application/json').send(row?.body)
})

const fresh = () => `b${randomUUID().slice(0, 20)}`
const makers = {
  engine: () =>
    running.backend.engine.refs.tag({ principal, kind: 'system', name: 'demo', tag: fresh(), id: 'aaaaaaa' }),
  inserts: () =>
    sql`insert into kubefox_refs (kind, name, type, ref, instance) values ('system', 'demo', 'tag', ${fresh()}, 'aaaaaaa')`,
}

process.on('message', async ({ by, count, atOnce }: TagsOrder) => {
  const begun = performance.now()
  let left = count
  const worker = async () => {
    while (left-- > 0) await makers[by]()
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const answer: TagsAnswer = { rate: (count / (performance.now() - begun)) * 1000 }
  process.send?.(answer)
})
process.once('SIGTERM', async () => {
  await bare.close()
  await running.close()
  await store.close()
  await database.stop()
  await rm(dataDir, { recursive: true, force: true })
  process.exit(0)
})

const [setting] = await sql<{ fsync: string }[]>`show fsync`
const bareUrl = await bare.listen({ host: '127.0.0.1', port: 0 })
const ready: RefsReady = {
  ours: `${running.url}${base}/system/demo/tag/v1`,
  bare: `${bareUrl}/demo/v1`,
  token,
  fsync: setting?.fsync ?? '',
}
process.send?.(ready)
