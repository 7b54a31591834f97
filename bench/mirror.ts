import { systemClock } from '../src/clock.ts'
import { ndjson } from '../src/engine/mirror/formats.ts'
import { createMirror, type Table, type Unversioned } from '../src/engine/mirror/mirror.ts'

// node bench/mirror.ts: medians of lists, changes and fan-out, beside what plain JSON.stringify takes in the same run.

interface Pod {
  id: string
  name: string
  owner: string | null
  labels: Record<string, string>
  status: string
  restarts: number
  containers: { name: string; image: string; ready: boolean; startedAt: string }[]
  conditions: { type: string; status: string; lastTransitionTime: string }[]
  metadata: { resourceVersion: string; createdAt: string }
}

const time = '2026-01-01T00:00:00.000Z'
const viewer = { name: 'bench', admin: true }

function pod(n: number, restarts = 0): Unversioned<Pod> {
  return {
    id: `718bef86-7dfe-46c0-bf4e-${String(n).padStart(12, '0')}`,
    name: `alex/default/web-${n}`,
    owner: `user${n % 10}`,
    labels: { app: 'web', 'pod-template-hash': '5d9c7b8f6d', tier: `t${n % 3}` },
    status: 'Running',
    restarts,
    containers: [{ name: 'web', image: 'docker.io/library/busybox:1.35', ready: true, startedAt: time }],
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled', 'PodReadyToStartContainers'].map(type => ({
      type,
      status: 'True',
      lastTransitionTime: time,
    })),
    metadata: { createdAt: time },
  }
}

function makeTable(size: number): Table<Pod> {
  const table = createMirror({ clock: systemClock }).table<Pod>('pods')
  table.replace(Array.from({ length: size }, (_, n) => pod(n)))
  return table
}

/** The median time of `act` in microseconds; `prepare` is not counted. */
function median(act: () => unknown, options: { runs?: number; prepare?: (run: number) => void } = {}): number {
  const { runs = 31, prepare } = options
  const times: number[] = []
  for (let run = 0; run < runs + 3; run += 1) {
    prepare?.(run)
    const start = process.hrtime.bigint()
    act()
    if (run >= 3) times.push(Number(process.hrtime.bigint() - start) / 1000)
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN
}

function print(what: string, microseconds: number, beside?: number) {
  const ratio = beside === undefined ? '' : `   ${(beside / microseconds).toFixed(1)} times faster`
  console.log(`  ${what.padEnd(52)} ${microseconds.toFixed(1).padStart(10)} µs${ratio}`)
}

function benchLists(size: number) {
  const table = makeTable(size)
  const bytes = table.listText({ viewer }).length
  console.log(`${size} objects, ${(bytes / size).toFixed(0)} bytes each in the list`)
  const items = Array.from({ length: size }, (_, n) => pod(n))
  const plain = median(() => Buffer.from(JSON.stringify({ items, metadata: {} })))
  print('JSON.stringify of the list', plain)
  print(
    'listText, table unchanged',
    median(() => table.listText({ viewer })),
    plain,
  )
  print(
    'list, table unchanged',
    median(() => table.list({ viewer })),
    plain,
  )
  const prepare = (run: number) => void table.apply(pod(size >> 1, run + 1))
  print(
    'listText after one object has changed',
    median(() => table.listText({ viewer }), { prepare }),
    plain,
  )
  const user = { name: 'user1', admin: false }
  print(
    'the same for a user with a tenth of them',
    median(() => table.listText({ viewer: user }), { prepare }),
  )
  print(
    'a page of 100 by label',
    median(() => table.listText({ viewer, labelSelector: 'tier=t1', limit: 100 })),
  )
  let restarts = 1000
  const change = () => {
    restarts += 1
    table.apply(pod(7, restarts))
  }
  print('apply, changed', median(change, { runs: 1001 }))
  print(
    'apply, unchanged',
    median(() => table.apply(pod(8)), { runs: 1001 }),
  )
  print(
    'replace by the same',
    median(() => table.replace(items.map((_, n) => pod(n)))),
  )
}

function benchFanOut(watchers: number) {
  const table = makeTable(1000)
  const { resourceVersion } = table.list({ viewer })
  const { signal } = new AbortController()
  let bytes = 0
  const take = (frame: Buffer) => {
    bytes += frame.length
    return true
  }
  for (let n = 0; n < watchers; n += 1) {
    table.watch({ viewer, format: ndjson, resourceVersion, signal }).pipe({ write: take, end: () => {} })
  }
  const plain = median(() => {
    const event = { type: 'MODIFIED', object: pod(7, 1) }
    for (let n = 0; n < watchers; n += 1) take(Buffer.from(`${JSON.stringify(event)}\n`))
  })
  let restarts = 0
  const change = () => {
    restarts += 1
    table.apply(pod(7, restarts))
  }
  console.log(`one change to ${watchers} watchers`)
  print('JSON.stringify for each of them', plain)
  print('apply, to the last delivery', median(change, { runs: 301 }), plain)
  console.log(`  (${bytes} bytes in all)`)
}

benchLists(1000)
benchLists(10_000)
benchFanOut(1000)
