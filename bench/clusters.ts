/**
 * How long clusters take, on real Docker and through the REST API of a gateway process, beside the kind CLI on the same
 * image and number of nodes, one after the other in the same run. Prints medians; asserts nothing.
 *
 *   npm run bench:clusters
 *   npm run bench:clusters -- 1 --nodes 2 --image kindest/node:v1.36.3
 *
 * The first argument is the number of rounds, 3 by default. Everything it makes is removed in the end, on Ctrl-C too.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { image as defaultImage, docker, hasImage, prefix } from '../test/e2e/tools.ts'
import { type BenchGateway, createGateway } from './support/gateway.ts'
import { createWithKind, deleteWithKind, findKind, kindVersion } from './support/kind.ts'
import { comparison, note, type Samples, stepsOf, stepTable } from './support/report.ts'
import { hasNetwork, removeNetwork, sweep } from './support/sweep.ts'

const { rounds, nodes, image } = readArguments()
const ours: Samples = new Map()
const kinds: Samples = new Map()
const names = { ours: `${prefix}bench-${process.pid}`, kind: `${prefix}bench-kind-${process.pid}` }

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    console.error(`[bench] ${signal}: cleaning up`)
    stop.abort(new Error(`stopped by ${signal}`))
  })

try {
  await main()
} catch (error) {
  console.error(`[bench] ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  if (!(await hasImage(image))) throw new Error(`there is no image ${image}: docker pull it, or name one with --image`)
  const kind = findKind()
  await using cleanup = new AsyncDisposableStack()
  if (kind && !(await hasNetwork('kind'))) cleanup.defer(() => removeNetwork('kind'))
  cleanup.defer(() => sweep(Object.values(names)))
  for (let round = 1; round <= rounds; round++) {
    console.error(`[bench] round ${round} of ${rounds}`)
    const turns = [kindgateRound, ...(kind ? [() => kindRound(kind)] : [])]
    // Who comes first finds caches colder.
    for (const turn of round % 2 === 1 ? turns : turns.toReversed()) await turn()
  }
  await report(kind)
}

/** The gateway does not run while kind has its turn, and the other way round. */
async function kindgateRound(): Promise<void> {
  await using gateway = await createGateway({ RUNTIME: 'docker', NODE_IMAGE: image, NODE_IMAGES: image })
  note(ours, 'gateway: first start', { ms: await gateway.start() })
  await gateway.stop()
  note(ours, 'gateway: restart', { ms: await gateway.start() })
  const cluster = `/api/v1/clusters/${names.ours}`
  await measure(gateway, 'create', 'POST', '/api/v1/clusters', { name: names.ours, nodes })
  await gateway.stop()
  note(ours, 'gateway: restart, one cluster', { ms: await gateway.start() })
  await measure(gateway, 'scale up by one', 'PATCH', cluster, { nodes: nodes + 1 })
  await measure(gateway, 'scale down by one', 'PATCH', cluster, { nodes })
  await measure(gateway, 'stop', 'POST', `${cluster}/stop`)
  await measure(gateway, 'start', 'POST', `${cluster}/start`)
  await measure(gateway, 'delete', 'DELETE', cluster)
}

async function measure(gateway: BenchGateway, what: string, method: string, where: string, body?: object) {
  const { ms, operation } = await gateway.run({ method, where, signal: stop.signal, ...(body ? { body } : {}) })
  console.error(`[bench]   kindgate ${what}: ${(ms / 1000).toFixed(1)} s`)
  note(ours, what, { ms, steps: stepsOf(operation) })
}

/** kind may fail on a machine where kindgate does not: then there is nothing beside our times. */
async function kindRound(kind: string): Promise<void> {
  const cluster = { kind, name: names.kind, image, nodes, signal: stop.signal }
  try {
    const created = await createWithKind(cluster)
    console.error(`[bench]   kind create: ${(created.ms / 1000).toFixed(1)} s`)
    const deleted = await deleteWithKind(cluster)
    console.error(`[bench]   kind delete: ${(deleted.ms / 1000).toFixed(1)} s`)
    note(kinds, 'create', created)
    note(kinds, 'delete', deleted)
  } catch (error) {
    stop.signal.throwIfAborted()
    console.error(`[bench]   kind failed: ${error instanceof Error ? error.message : error}`)
    await sweep([names.kind])
  }
}

async function report(kind: string | undefined): Promise<void> {
  const engine = await docker('version', '--format', '{{.Server.Version}}')
  const beside = kind ? `kind ${await kindVersion(kind)}` : 'no kind found'
  console.log(
    `${image}, nodes: ${nodes}, rounds: ${rounds}, processors: ${availableParallelism()}, Docker ${engine}, ${beside}`,
  )
  console.log(`\n${comparison(ours, kinds)}`)
  for (const [what, samples] of ours)
    if (samples.some(sample => sample.steps)) console.log(`\n${stepTable(`kindgate ${what}`, samples)}`)
  const created = kinds.get('create')
  if (created) console.log(`\n${stepTable('kind create', created)}`)
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { nodes: { type: 'string', default: '3' }, image: { type: 'string', default: defaultImage } },
  })
  return { rounds: count(positionals[0] ?? '3'), nodes: count(values.nodes), image: values.image }
}

function count(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  console.error(`${JSON.stringify(text)} is not a whole number from 1`)
  process.exit(2)
}
