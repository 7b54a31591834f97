import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { run, shell, type Test } from './support.ts'

// What scripts for QBO do with the client's output (QBO AsyncAPI, "Client idioms"): as they are written where jq is
// installed, and on every machine by what they rely on.

const hasJq = spawnSync('jq', ['--version']).status === 0

/** One gateway for all tests: a cluster, load balancers with addresses, and a script's environment. */
const cleanups: (() => Promise<unknown>)[] = []
const whole: Test = { after: work => void cleanups.push(async () => work()) }
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})
// Only now, so that the hook above comes before the one that ends the store.
const { startServed } = await import('../api/served.ts')

let env: Record<string, string> = {}
before(async () => {
  const served = await startServed({ after: work => void cleanups.push(work) })
  env = { KINDGATE_TOKEN: served.tokens.root, QBO_PORT: String(await served.listen()), NAME: 'alex' }
  const pool = await run(whole, ['add', 'network', '198.51.100.0/28'], env)
  assert.equal(pool.status, 0, pool.err)
  const made = await run(whole, ['add', 'cluster', 'alex', '-n', '3'], env)
  assert.equal(made.status, 0, made.err)
  await served.until(() => {
    const balancers = served.engine.tables.balancers.list({ viewer: { name: 'root', admin: true } }).items
    return balancers.length > 0 && balancers.every(({ state }) => state === 'ready')
  })
})

const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'

const idioms: readonly (readonly [line: string, out: RegExp])[] = [
  ["qbo get nodes -A | jq -r '.nodes[]? | .name'", /^control-\w{8}\.localhost\n(node-\w{8}\.localhost\n){2}$/],
  ["qbo get clusters -A | jq -r '.clusters[]?.id'", new RegExp(`^${uuid}\n$`)],
  [
    `C=$(qbo get cluster $NAME | jq -e '.clusters[]?'); if [ -z "$C" ]; then echo add; else echo there; fi`,
    /^there\n$/,
  ],
  [`C=$(qbo get cluster none | jq -e '.clusters[]?'); if [ -z "$C" ]; then echo add; else echo there; fi`, /^add\n$/],
  [
    `qbo get node $NAME | jq -r '.nodes[]? | select(.name | contains("node-")) | .name' | tail -1`,
    /^node-\w{8}\.localhost\n$/,
  ],
  [
    `qbo get ipvs $NAME | jq -r '.ipvs[]? | "sudo ip route add \\(.vip) via \\(.rip | sub("\\\\.[0-9]+$"; ".2"))"'`,
    /^(sudo ip route add 198\.51\.100\.\d+ via 172\.\d+\.\d+\.2\n)+$/,
  ],
  [
    'qbo version | jq -c .version[]?',
    /^\{"qbo":"cli:kindgate-[^"]+","arch":"__\w+__"\}\n\{"docker":"[^"]*","qbo":"api:[^"]+","host":"[^"]+".*\}\n$/,
  ],
  ["qbo get images | jq -r '.images[]?.tag'", /^(v1\.\d+\.\d+\n)+$/],
  ['qbo get user -l | jq .cli[]?', new RegExp(`"qbo_port": \\d+,[\\s\\S]*"qbo_uid": "${uuid}"`)],
  [
    `mkdir -p ~/.qbo; qbo get user ann | jq .users[]?.cli.conf > ~/.qbo/cli.json
     unset KINDGATE_TOKEN; qbo get users ann | jq -r '.users[]?.name'`,
    /^ann\n$/,
  ],
  [
    `mkdir -p ~/.qbo; qbo get user -c ann | jq .users[]?.cli > ~/.qbo/cli.json
     unset KINDGATE_TOKEN; qbo get user | jq -r 'select(.users).user'`,
    /^ann\n$/,
  ],
  [
    `export QBO_UID=$(qbo get user -l | jq -r '.cli[]?.qbo_uid'); unset KINDGATE_TOKEN
     qbo get user | jq -r 'select(.users).user'`,
    /^root\n$/,
  ],
  [
    "qbo get cluster $NAME -k | jq -r '.output[]?.kubeconfig | select(. != null)'",
    /^apiVersion: v1\n[\s\S]*^clusters:$/m,
  ],
  ["qbo get cluster -k $NAME | jq -r '.output[]?.kubeconfig // empty'", /^apiVersion: v1\n[\s\S]*^clusters:$/m],
  ["qbo get net $NAME | jq -r '.networks[]?.subnet'", /^172\.\d+\.\d+\.0\/\d+\n$/],
]

for (const [line, expected] of hasJq ? idioms : []) {
  test(line.replace(/\n +/, '; '), async t => {
    const { out, err } = await shell(t, line, env)
    assert.match(out, expected, err)
    assert.equal(err, '')
  })
}

/** What `.KEY[]?` of jq gives of each line. */
function elementsOf(out: string, key: string): Record<string, unknown>[] {
  return out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
    .flatMap(message => message[key] ?? [])
}

test('each line is a document with the members that scripts select', async t => {
  const listed = async (key: string, ...args: string[]) => {
    const { status, out, err } = await run(t, args, env)
    assert.deepEqual([status, err], [0, ''], args.join(' '))
    return elementsOf(out, key)
  }
  const nodes = await listed('nodes', 'get', 'node', 'alex')
  assert.deepEqual(
    nodes.map(({ name }) => String(name).replace(/\w{8}\.localhost$/, '')),
    ['control-', 'node-', 'node-'],
  )
  assert.deepEqual(await listed('clusters', 'get', 'cluster', 'none'), [])
  const [cluster] = await listed('clusters', 'get', 'cluster', 'alex')
  assert.match(String(cluster?.id), new RegExp(uuid))
  const [balancer] = await listed('ipvs', 'get', 'ipvs', 'alex')
  assert.match(`${balancer?.vip} ${balancer?.rip}`, /^198\.51\.100\.\d+ 172\.\d+\.\d+\.\d+$/)
  const versions = await listed('version', 'version')
  assert.deepEqual(
    versions.map(({ qbo }) => String(qbo).split(':')[0]),
    ['cli', 'api'],
  )
  for (const { tag } of await listed('images', 'get', 'images')) assert.match(String(tag), /^v1\.\d+\.\d+$/)
  const [configuration] = await listed('cli', 'get', 'user', '-l')
  assert.deepEqual(Object.keys(configuration ?? {}), ['qbo_port', 'qbo_host', 'qbo_uid'])
  const [user] = await listed('users', 'get', 'users', 'ann')
  assert.deepEqual(Object.keys(Object(Object(user?.cli).conf)).includes('qbo_aux'), true)
  const kubeconfigs = (await listed('output', 'get', 'cluster', 'alex', '-k')).filter(({ kubeconfig }) => kubeconfig)
  assert.match(String(kubeconfigs[0]?.kubeconfig), /^apiVersion: v1$/m)
  assert.equal(kubeconfigs.length, 1)
})
