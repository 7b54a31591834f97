import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fastify from 'fastify'
import { clusterExample } from '../../src/api/rest/examples/clusters.ts'
import { startGateway } from '../../src/app.ts'
import { readSettings } from '../../src/config-read.ts'
import { toKubernetesPod } from '../../src/drivers/kubernetes/pods.ts'
import { viewPod } from '../../src/engine/pods/view.ts'
import { rawPod } from './pods.ts'

// A process of its own: a gateway whose mirror holds so many pods, or, with `bare`, a Fastify route with the same bytes.

const [kind, count] = process.argv.slice(2)

async function gateway(pods: number) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kgtest-pods-'))
  const environment = { RUNTIME: 'simulated', HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'warn' }
  const running = await startGateway({
    settings: readSettings(environment),
    environment,
    version: 'bench',
    onFatal: reason => {
      throw new Error(reason)
    },
  })
  const { tables } = running.backend.engine
  for (let index = 0; index < pods; index++)
    tables.pods.apply(viewPod(toKubernetesPod(rawPod(index)), clusterExample, 'ready'))
  const token = (await readFile(path.join(dataDir, 'admin.token'), 'utf8')).trim()
  process.once('SIGTERM', async () => {
    await running.close()
    await rm(dataDir, { recursive: true, force: true })
    process.exit(0)
  })
  process.send?.({ url: running.url, token })
}

function bare(file: Buffer) {
  const server = fastify()
  server.get('/', (_request, reply) => reply.type('application/json; charset=utf-8').send(file))
  server.listen({ host: '127.0.0.1', port: 0 }).then(url => process.send?.({ url, token: '' }))
  process.once('SIGTERM', () => process.exit(0))
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: user + system })
})

if (kind === 'bare') bare(await readFile(count ?? ''))
else await gateway(Number(count))
