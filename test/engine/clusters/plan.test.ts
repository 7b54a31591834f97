import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ObservedNode } from '../../../src/drivers/runtime.ts'
import { type Plan, planCluster } from '../../../src/engine/clusters/plan.ts'
import type { ClusterRow, Desired, NodeRow } from '../../../src/engine/clusters/rows.ts'
import { createObserved, type Observed } from '../../../src/engine/nodes/observed.ts'

const at = new Date(0)

function cluster(changes: Partial<ClusterRow> = {}): ClusterRow {
  return {
    id: 'c1',
    runtime: 'docker',
    name: 'alex',
    owner: 'admin',
    image: 'kindest/node:v1.34.4',
    imageId: null,
    imageDigest: null,
    kubernetesVersion: null,
    domain: 'localhost',
    labels: {},
    region: null,
    running: true,
    deleting: false,
    retain: false,
    subnet: '172.28.0.0/24',
    apiHost: '127.0.0.1',
    apiPort: 20000,
    failure: null,
    addonsAt: at,
    readyAt: at,
    generation: 1,
    createdAt: at,
    ...changes,
  }
}

function node(name: string, changes: Partial<NodeRow> = {}): NodeRow {
  return {
    id: name,
    clusterId: 'c1',
    name,
    role: name === 'control' ? 'control-plane' : 'worker',
    address: '172.28.0.2',
    running: true,
    removing: false,
    bootstrappedAt: at,
    member: true,
    createdAt: at,
    ...changes,
  }
}

function seeing(states: Record<string, ObservedNode['state']>): Observed {
  const observed = createObserved()
  observed.synced = true
  for (const [name, state] of Object.entries(states))
    observed.nodes.set(name, {
      id: name,
      name,
      cluster: 'alex',
      clusterId: 'c1',
      gateway: 'g1',
      role: name === 'control' ? 'control-plane' : 'worker',
      image: 'kindest/node:v1.34.4',
      imageId: 'sha256:1',
      state,
      address: null,
      network: null,
      apiServer: null,
      exitCode: null,
      startedAt: null,
    })
  return observed
}

function running(plan: Plan): Extract<Plan, { kind: 'run' }> {
  assert.equal(plan.kind, 'run')
  if (plan.kind !== 'run') throw new Error('unreachable')
  return plan
}

const names = (nodes: NodeRow[]) => nodes.map(each => each.name)

test('a new cluster starts and bootstraps all of its nodes', () => {
  const desired: Desired = {
    cluster: cluster({ readyAt: null, addonsAt: null }),
    nodes: [node('control', { bootstrappedAt: null }), node('one', { bootstrappedAt: null })],
  }
  const plan = running(planCluster(desired, seeing({}), { asked: true }))
  assert.deepEqual(names(plan.start), ['control', 'one'])
  assert.deepEqual(names(plan.bootstrap), ['control', 'one'])
  assert.equal(plan.addons, true)
})

test('a node that somebody else stopped stays stopped until something is asked of the cluster', () => {
  const desired: Desired = { cluster: cluster(), nodes: [node('control'), node('one')] }
  const observed = seeing({ control: 'running', one: 'exited' })
  assert.equal(planCluster(desired, observed, { asked: false }).kind, 'none')
  assert.deepEqual(names(running(planCluster(desired, observed, { asked: true })).start), ['one'])
})

test('a worker that somebody else removed is made again and joins anew', () => {
  const desired: Desired = { cluster: cluster(), nodes: [node('control'), node('one'), node('two')] }
  const plan = running(planCluster(desired, seeing({ control: 'running', two: 'running' }), { asked: false }))
  assert.deepEqual(names(plan.start), ['one'])
  assert.deepEqual(names(plan.bootstrap), ['one'])
})

test('a control plane that was removed is not made again: its data is gone', () => {
  const desired: Desired = { cluster: cluster(), nodes: [node('control'), node('one')] }
  const plan = planCluster(desired, seeing({ one: 'running' }), { asked: false })
  assert.equal(plan.kind, 'lost')
  assert.match(plan.kind === 'lost' ? plan.reason : '', /control/)
})

test('before it was initialised a missing control plane is simply made', () => {
  const desired: Desired = { cluster: cluster({ readyAt: null }), nodes: [node('control', { bootstrappedAt: null })] }
  assert.deepEqual(names(running(planCluster(desired, seeing({}), { asked: true })).start), ['control'])
})

test('a stopped cluster stops its workers and its control plane, and then wants nothing', () => {
  const desired: Desired = { cluster: cluster({ running: false }), nodes: [node('control'), node('one')] }
  const plan = planCluster(desired, seeing({ control: 'running', one: 'running' }), { asked: true })
  assert.deepEqual(plan.kind === 'stop' && [names(plan.workers), names(plan.controlPlane)], [['one'], ['control']])
  assert.equal(planCluster(desired, seeing({ control: 'exited', one: 'exited' }), { asked: true }).kind, 'none')
})

test('deleting comes before everything, failed clusters included', () => {
  const desired: Desired = { cluster: cluster({ deleting: true, failure: 'x' }), nodes: [node('control')] }
  assert.equal(planCluster(desired, seeing({}), { asked: false }).kind, 'delete')
  assert.equal(
    planCluster({ ...desired, cluster: cluster({ failure: 'x' }) }, seeing({}), { asked: true }).kind,
    'none',
  )
})

test('property: carrying out a plan leaves nothing to be planned', () => {
  const state = fc.constantFrom<ObservedNode['state'] | undefined>('created', 'running', 'exited', undefined)
  const worker = fc.record({ running: fc.boolean(), removing: fc.boolean(), joined: fc.boolean(), state })
  fc.assert(
    fc.property(
      fc.array(worker, { maxLength: 5 }),
      fc.boolean(),
      fc.boolean(),
      state,
      (workers, power, asked, control) => {
        const desired: Desired = {
          cluster: cluster({ running: power }),
          nodes: [
            node('control', { bootstrappedAt: control === undefined ? null : at }),
            ...workers.map((each, index) =>
              node(`w${index}`, {
                running: each.running,
                removing: each.removing,
                bootstrappedAt: each.joined ? at : null,
              }),
            ),
          ],
        }
        const states: Record<string, ObservedNode['state']> = control ? { control } : {}
        for (const [index, each] of workers.entries()) if (each.state) states[`w${index}`] = each.state
        const observed = seeing(states)
        const after = carriedOut(planCluster(desired, observed, { asked }), desired, observed)
        assert.equal(isDone(planCluster(after.desired, after.observed, { asked })), true)
      },
    ),
  )
})

/** What a plan promises, done to rows and containers. */
function carriedOut(plan: Plan, { cluster: row, nodes }: Desired, observed: Observed) {
  if (plan.kind === 'stop')
    for (const each of [...plan.workers, ...plan.controlPlane]) setState(observed, each.name, 'exited')
  if (plan.kind !== 'run') return { desired: { cluster: row, nodes }, observed }
  for (const each of plan.remove) observed.nodes.delete(each.name)
  for (const each of plan.stop) setState(observed, each.name, 'exited')
  for (const each of plan.start) setState(observed, each.name, 'running')
  const joined = names(plan.bootstrap)
  return {
    desired: {
      cluster: row,
      nodes: nodes
        .filter(each => !plan.remove.includes(each))
        .map(each => (joined.includes(each.name) ? { ...each, bootstrappedAt: at } : each)),
    },
    observed,
  }
}

function setState(observed: Observed, name: string, state: ObservedNode['state']): void {
  const [made] = seeing({ [name]: state }).nodes.values()
  if (made) observed.nodes.set(name, made)
}

/** Nothing but waiting is left. */
function isDone(plan: Plan): boolean {
  if (plan.kind !== 'run') return plan.kind === 'none' || plan.kind === 'lost'
  return plan.remove.length + plan.stop.length + plan.start.length + plan.bootstrap.length === 0 && !plan.addons
}
