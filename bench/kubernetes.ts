/**
 * Pods through the gateway beside the API server that they are in, in one run on a real cluster: lists a second to the
 * same client, and from a pod's change to its event at somebody who watches. Prints figures; asserts nothing.
 *
 *   npm run bench:kubernetes
 *   npm run bench:kubernetes -- --pods 1000 --changes 2000 --image kindest/node:v1.34.4
 *
 * Everything it makes is removed in the end, on Ctrl-C too.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { readKubeconfig } from '../src/drivers/kubernetes/kubeconfig.ts'
import { createTransport, identityOf, type KubernetesTransport } from '../src/drivers/kubernetes/transport.ts'
import { image as defaultImage, hasImage, prefix } from '../test/e2e/tools.ts'
import { createGateway } from './support/gateway.ts'
import { type LoadOptions, load } from './support/load.ts'
import { changePod, createPods } from './support/many-pods.ts'
import { median } from './support/report.ts'
import { sweep } from './support/sweep.ts'

const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '1000' },
    changes: { type: 'string', default: '2000' },
    image: { type: 'string', default: defaultImage },
  },
})
const pods = Number(values.pods)
const changes = Number(values.changes)
const rounds = 5
const connections = 8
const roundMs = 3000
/** Between two changes, in milliseconds. */
const changeEveryMs = 10
const name = `${prefix}bench-${process.pid}`
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)))

try {
  await main()
} catch (error) {
  console.error(`[bench] ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  if (!(await hasImage(values.image))) throw new Error(`there is no image ${values.image}`)
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => sweep([name]))
  const gateway = cleanup.use(
    await createGateway({ RUNTIME: 'docker', NODE_IMAGE: values.image, NODE_IMAGES: values.image }),
  )
  await gateway.start()
  const { url, token } = gateway.address()
  const headers = { authorization: `Bearer ${token}` }
  console.error('[bench] a cluster')
  await gateway.run({ method: 'POST', where: '/api/v1/clusters', body: { name, nodes: 1 }, signal: stop.signal })
  const kubeconfig = await fetch(`${url}/api/v1/clusters/${name}/kubeconfig`, { headers })
  const credentials = readKubeconfig(await kubeconfig.text())
  const transport = createTransport({ credentials, clock: systemClock })
  cleanup.defer(() => transport.close())
  console.error(`[bench] ${pods} pods`)
  await createPods(transport, pods)
  const listed = `${url}/api/v1/pods`
  await poll(async () => (await count(listed, headers)) >= pods)

  await lists(listed, headers, `${credentials.server}/api/v1/pods`, identityOf(credentials))
  await events(transport, `${listed}?watch=true`, headers)
}

async function poll(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await pause(200, undefined, { signal: stop.signal })
}

async function count(address: string, headers: Record<string, string>): Promise<number> {
  const text = await (await fetch(address, { headers, signal: stop.signal })).text()
  return text.match(/"namespace":"bench"/g)?.length ?? 0
}

async function lists(
  gateway: string,
  headers: Record<string, string>,
  server: string,
  tls: NonNullable<LoadOptions['tls']>,
): Promise<void> {
  const kinds = {
    gateway: () => load(gateway, { connections, ms: roundMs, headers }),
    'API server': () => load(server, { connections, ms: roundMs, tls }),
    'API server, as a Table': () => load(server, { connections, ms: roundMs, tls, headers: { accept: table } }),
  }
  const rates = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const [kind, measure] of Object.entries(kinds)) {
      stop.signal.throwIfAborted()
      const { rate, bytes } = await measure()
      // The first round warms up.
      if (round === 0) console.error(`[bench] ${kind}: ${bytes} bytes`)
      else rates.set(kind, [...(rates.get(kind) ?? []), rate])
    }
  }
  const rateOf = (kind: string) => median(rates.get(kind) ?? [])
  console.log(`lists of ${pods} pods a second, ${connections} connections, medians of ${rounds} rounds`)
  for (const kind of Object.keys(kinds))
    console.log(
      `  ${kind.padEnd(24)}${rateOf(kind).toFixed(0).padStart(7)}   gateway: ${(rateOf('gateway') / rateOf(kind)).toFixed(1)} times`,
    )
}

/** Notes when each `seq` is first seen in what arrives. */
async function note(arrivals: Map<number, number>, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const at = performance.now()
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const seq = Number(/"seq":"(\d+)"/.exec(line)?.[1] ?? Number.NaN)
      if (!arrivals.has(seq)) arrivals.set(seq, at)
    }
  }
}

async function events(transport: KubernetesTransport, gateway: string, headers: Record<string, string>): Promise<void> {
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, stop.signal])
  const arrivals = { direct: new Map<number, number>(), gateway: new Map<number, number>() }
  const direct = await transport.stream({ path: '/api/v1/pods', query: { watch: true }, signal, timeoutMs: 60_000 })
  const through = await fetch(gateway, { headers, signal })
  const watches = [note(arrivals.direct, direct), note(arrivals.gateway, through.body ?? new ReadableStream())]
  const ends = Promise.allSettled(watches)
  await pause(2000, undefined, { signal })
  const sent = new Map<number, number>()
  const patches: Promise<void>[] = []
  for (let seq = 1; seq <= changes; seq++) {
    sent.set(seq, performance.now())
    patches.push(changePod(transport, seq % pods, seq))
    await pause(changeEveryMs, undefined, { signal })
  }
  await Promise.all(patches)
  await poll(async () => arrivals.direct.has(changes) && arrivals.gateway.has(changes))
  ended.abort()
  await ends
  const seqs = [...sent.keys()].filter(seq => arrivals.direct.has(seq) && arrivals.gateway.has(seq))
  const after = (which: Map<number, number>) => seqs.map(seq => (which.get(seq) ?? 0) - (sent.get(seq) ?? 0))
  const later = seqs.map(seq => (arrivals.gateway.get(seq) ?? 0) - (arrivals.direct.get(seq) ?? 0))
  console.log(
    `\nfrom a change to its event, ${seqs.length} of ${changes} changes, one each ${changeEveryMs} ms; milliseconds`,
  )
  console.log(
    `  direct watch   median ${show(after(arrivals.direct), 0.5)}   p99 ${show(after(arrivals.direct), 0.99)}`,
  )
  console.log(
    `  gateway        median ${show(after(arrivals.gateway), 0.5)}   p99 ${show(after(arrivals.gateway), 0.99)}`,
  )
  console.log(`  later than the direct watch by   median ${show(later, 0.5)}   p99 ${show(later, 0.99)}`)
}

function show(times: number[], part: number): string {
  const sorted = times.toSorted((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN).toFixed(1).padStart(6)
}
