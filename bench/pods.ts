import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { clusterExample } from '../src/api/rest/examples/clusters.ts'
import { systemClock } from '../src/clock.ts'
import { toKubernetesPod } from '../src/drivers/kubernetes/pods.ts'
import type { Cluster } from '../src/engine/clusters/schema.ts'
import { namespacedKey } from '../src/engine/kubernetes/key.ts'
import { createWorkloads } from '../src/engine/kubernetes/workloads.ts'
import { createMirror } from '../src/engine/mirror/mirror.ts'
import type { Node } from '../src/engine/nodes/schema.ts'
import type { Pod } from '../src/engine/pods/schema.ts'
import type { Service } from '../src/engine/services/schema.ts'
import { load } from './support/load.ts'
import { rawPod } from './support/pods.ts'
import { median } from './support/report.ts'

// node --expose-gc bench/pods.ts: lists of pods through the gateway beside a bare Fastify route that sends the same
// bytes, in turns; then what a pod and a change of one cost the mirror, with 1,000 and with 10,000 pods.

const rounds = 7
const connections = 8
const roundMs = 2000

const script = fileURLToPath(new URL('support/pods-server.ts', import.meta.url))

interface Server extends AsyncDisposable {
  url: string
  token: string
  /** Microseconds of processor so far. */
  cpu(): Promise<number>
}

function readyOf(child: ChildProcess): Promise<{ url: string; token: string }> {
  return new Promise((resolve, reject) => {
    child.once('message', (ready: { url: string; token: string }) => resolve(ready))
    child.once('exit', code => reject(new Error(`a server ended before it was ready (exit code ${code})`)))
  })
}

async function serve(...parameters: string[]): Promise<Server> {
  const child = fork(script, parameters)
  const { url, token } = await readyOf(child)
  return {
    url,
    token,
    cpu: () =>
      new Promise(resolve => {
        child.once('message', (told: { cpu: number }) => resolve(told.cpu))
        child.send('cpu')
      }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function lists(pods: number): Promise<void> {
  await using gateway = await serve('gateway', String(pods))
  const headers = { authorization: `Bearer ${gateway.token}` }
  const address = `${gateway.url}/api/v1/pods`
  const folder = await mkdtemp(path.join(tmpdir(), 'kgtest-pods-'))
  const file = path.join(folder, 'list.json')
  await writeFile(file, Buffer.from(await (await fetch(address, { headers })).arrayBuffer()))
  await using bare = await serve('bare', file)
  const rates: { gateway: number; bare: number; bytes: number; cpu: { gateway: number; bare: number } }[] = []
  const measure = async (server: Server, where: string) => {
    const before = await server.cpu()
    const { rate, bytes, answers } = await load(where, { connections, ms: roundMs, headers })
    return { rate, bytes, cpu: ((await server.cpu()) - before) / answers }
  }
  for (let round = 0; round <= rounds; round++) {
    const plain = await measure(bare, bare.url)
    const ours = await measure(gateway, address)
    const cpu = { gateway: ours.cpu, bare: plain.cpu }
    if (round > 0) rates.push({ gateway: ours.rate, bare: plain.rate, bytes: ours.bytes, cpu })
  }
  await rm(folder, { recursive: true })
  const gatewayRate = median(rates.map(each => each.gateway))
  const bareRate = median(rates.map(each => each.bare))
  const ratio = median(rates.map(each => each.gateway / each.bare))
  console.log(`GET /api/v1/pods with ${pods} pods, ${rates[0]?.bytes} bytes, ${connections} connections`)
  const gatewayCpu = median(rates.map(each => each.cpu.gateway))
  const bareCpu = median(rates.map(each => each.cpu.bare))
  console.log(`  gateway       ${gatewayRate.toFixed(0)} lists/s, ${gatewayCpu.toFixed(0)} µs of processor a list`)
  console.log(`  bare Fastify  ${bareRate.toFixed(0)} lists/s, ${bareCpu.toFixed(0)} µs of processor a list`)
  console.log(`  ratio         ${ratio.toFixed(2)}, of processor time ${(gatewayCpu / bareCpu).toFixed(2)}`)
}

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}

function mirror(count: number): { bytes: number; us: number } {
  const mirror = createMirror({ clock: systemClock })
  const tables = {
    clusters: mirror.table<Cluster>('clusters'),
    nodes: mirror.table<Node>('nodes'),
    pods: mirror.table<Pod>('pods', { key: namespacedKey }),
    services: mirror.table<Service>('services', { key: namespacedKey }),
  }
  tables.clusters.apply(clusterExample)
  const before = heap()
  const workloads = createWorkloads({ tables, clock: systemClock })
  const { pods } = workloads.observers(clusterExample.id)
  pods.synced(Array.from({ length: count }, (_, index) => toKubernetesPod(rawPod(index))))
  const bytes = (heap() - before) / count
  const times: number[] = []
  for (let change = 1; change <= 5000; change++) {
    const pod = rawPod((change * 7919) % count, change)
    const begun = performance.now()
    pods.changed(toKubernetesPod(pod))
    times.push((performance.now() - begun) * 1000)
  }
  workloads.close()
  return { bytes, us: median(times) }
}

await lists(1000)
for (const count of [1000, 10_000]) {
  const { bytes, us } = mirror(count)
  console.log(`${count} pods: ${(bytes / 1024).toFixed(1)} KiB a pod, ${us.toFixed(0)} µs a change (median)`)
}
