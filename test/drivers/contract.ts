import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import type { NodeSpec, ObservedNode, Runtime, RuntimeErrorCode } from '../../src/drivers/runtime.ts'
import { RuntimeError } from '../../src/drivers/runtime.ts'
import { type RuntimeRecorder, recordNodes, recordRuntime } from './recorder.ts'
import { contractPrefix, openScope } from './scope.ts'

export interface ContractOptions {
  /** A node image that is present, by its tag. */
  image: string
  /** How long a runtime may take until it tells what an act did, in milliseconds. */
  patienceMs?: number
  /** Whether to bring up a cluster of two nodes as well. */
  bootstrap?: boolean
}

/**
 * What the engine relies on in any runtime, as tests over one. Leaves nothing behind, whatever fails. Each test runs on
 * names, a subnet and ports of its own, so that others may use the same daemon.
 */
export function runtimeContract(
  name: string,
  makeRuntime: () => Runtime | Promise<Runtime>,
  { image, patienceMs = 60_000, bootstrap = false }: ContractOptions,
): void {
  describe(`${name} as a runtime`, () => {
    let runtime: Runtime
    let seen: RuntimeRecorder
    let observing: Promise<void>
    const end = new AbortController()

    const stateOf = (node: string) => seen.nodes.get(node)?.state
    const untilState = (node: string, state: ObservedNode['state']) =>
      seen.until(`${node} ${state}`, () => stateOf(node) === state)
    const untilGone = (node: string) => seen.until(`${node} gone`, () => !seen.nodes.has(node))

    before(async () => {
      runtime = await makeRuntime()
      seen = recordRuntime(patienceMs)
      observing = runtime.observe(seen, end.signal)
      await seen.until('the first snapshot', () => seen.told.includes('snapshot'))
    })

    after(async () => {
      end.abort()
      await observing
    })

    test('names its version', async () => {
      const version = await runtime.version()
      for (const part of [version.engine, version.apiVersion, version.os, version.arch]) assert.notEqual(part, '')
    })

    test('finds an image by tag and by id, and lists it', async () => {
      const found = await runtime.images.find(image)
      assert.ok(found)
      assert.match(found.id, /^sha256:[0-9a-f]{64}$/)
      assert.ok(found.tags.includes(image))
      assert.ok(found.size > 0)
      assert.deepEqual(await runtime.images.find(found.id), found)
      const listed = await runtime.images.list()
      assert.deepEqual(listed.find(each => each.id === found.id)?.tags, found.tags)
    })

    test('tells an observer which images there are', async () => {
      const found = await runtime.images.find(image)
      await seen.until('the image to be told of', () => seen.present.has(found?.id ?? ''))
      assert.deepEqual(
        [...seen.present.keys()].toSorted(),
        (await runtime.images.list()).map(each => each.id).toSorted(),
      )
    })

    test('says that an image is not there, and that it cannot be pulled', async () => {
      const absent = `${contractPrefix}missing/node:missing-${randomBytes(4).toString('hex')}`
      assert.equal(await runtime.images.find(absent), undefined)
      await rejectsWith(
        'ImageUnavailable',
        runtime.images.pull(absent, () => undefined, end.signal),
      )
    })

    test('ends a pull whose signal is aborted', async () => {
      const absent = `${contractPrefix}other/node:v1.0.0`
      const reason = new Error('no longer wanted')
      await assert.rejects(
        runtime.images.pull(absent, () => undefined, AbortSignal.abort(reason)),
        reason,
      )
      assert.equal(await runtime.images.find(absent), undefined)
    })

    test('makes a network once, tells of it and removes it once', async t => {
      const { network } = await openScope(t, runtime)
      await runtime.networks.ensure(network)
      await seen.until(network.name, () => seen.networks.has(network.name))
      const { name, subnet, hostAddress, clusterId, gatewayId: gateway } = network
      const { id, ...told } = seen.networks.get(name) ?? assert.fail('the network is gone again')
      assert.deepEqual(told, { name, subnet, hostAddress, clusterId, gateway })
      assert.notEqual(id, '')
      assert.ok((await runtime.networks.taken()).includes(subnet))
      await runtime.networks.remove(name)
      await runtime.networks.remove(name)
      await seen.until(`${name} gone`, () => !seen.networks.has(name))
      assert.ok(!(await runtime.networks.taken()).includes(subnet))
    })

    test('refuses a subnet that overlaps another', async t => {
      const { network } = await openScope(t, runtime)
      const other = { ...network, name: `${network.name}-2`, subnet: network.subnet.replace('/24', '/25') }
      t.after(() => runtime.networks.remove(other.name))
      await rejectsWith('SubnetTaken', runtime.networks.ensure(other))
    })

    test('creates, starts, stops and removes a node, each as often as it is asked to', async t => {
      const { controlPlane, clusterId, cluster, imageId } = await openScope(t, runtime, image)
      const spec = await controlPlane()
      await runtime.nodes.create(spec)
      await untilState(spec.name, 'created')
      await runtime.nodes.create(spec)

      await runtime.nodes.start(spec.name)
      await runtime.nodes.start(spec.name)
      await untilState(spec.name, 'running')
      const running = seen.nodes.get(spec.name) ?? assert.fail('the node is gone again')
      assert.match(running.id, /^[0-9a-f]{64}$/)
      const { id, startedAt, ...told } = running
      assert.deepEqual(told, {
        name: spec.name,
        cluster,
        clusterId,
        gateway: spec.gatewayId,
        role: 'control-plane',
        image: spec.image,
        imageId,
        state: 'running',
        address: spec.address,
        network: spec.network,
        apiServer: spec.apiServer,
        exitCode: null,
      })

      await runtime.nodes.stop(spec.name, 1)
      await runtime.nodes.stop(spec.name, 1)
      await untilState(spec.name, 'exited')
      assert.equal(typeof seen.nodes.get(spec.name)?.exitCode, 'number')
      await runtime.nodes.create(spec)
      assert.equal(stateOf(spec.name), 'exited')

      await runtime.nodes.start(spec.name)
      await untilState(spec.name, 'running')
      const again = seen.nodes.get(spec.name) ?? assert.fail('the node is gone')
      assert.deepEqual({ ...again, startedAt }, running, 'after a restart it is the same node at the same address')
      assert.ok((again.startedAt ?? 0) >= (startedAt ?? 0))

      await runtime.nodes.remove(spec.name)
      await runtime.nodes.remove(spec.name)
      await untilGone(spec.name)
    })

    test('tells a worker from a control plane', async t => {
      const { worker } = await openScope(t, runtime, image)
      await runtime.nodes.create(worker)
      await untilState(worker.name, 'created')
      const told = seen.nodes.get(worker.name)
      assert.equal(told?.role, 'worker')
      assert.equal(told?.apiServer, null)
    })

    test('lists the processes of a running node only', async t => {
      const { worker } = await openScope(t, runtime, image)
      await rejectsWith('NodeMissing', runtime.nodes.processes(worker.name))
      await runtime.nodes.create(worker)
      await rejectsWith('NodeNotRunning', runtime.nodes.processes(worker.name))
      await runtime.nodes.start(worker.name)
      const processes = await runtime.nodes.processes(worker.name)
      assert.ok(processes.length > 0)
      for (const { pid, ppid, tid, user, state, cpu, rss, command, args } of processes) {
        for (const id of [pid, ppid, tid]) assert.ok(Number.isSafeInteger(id) && id >= 0)
        for (const amount of [cpu, rss]) assert.ok(Number.isFinite(amount) && amount >= 0)
        for (const text of [user, state, command, args]) assert.notEqual(text, '')
      }
      await runtime.nodes.stop(worker.name, 1)
      await rejectsWith('NodeNotRunning', runtime.nodes.processes(worker.name))
    })

    test('tells what listens in a running node only', async t => {
      const { worker } = await openScope(t, runtime, image)
      const { signal } = end
      await rejectsWith('NodeMissing', runtime.nodes.listening(worker.name, signal))
      await runtime.nodes.create(worker)
      await rejectsWith('NodeNotRunning', runtime.nodes.listening(worker.name, signal))
      await runtime.nodes.start(worker.name)
      for (const { protocol, port } of await runtime.nodes.listening(worker.name, signal)) {
        assert.ok(['TCP', 'UDP'].includes(protocol))
        assert.ok(Number.isInteger(port) && port >= 1 && port <= 65535)
      }
    })

    test('has nothing to stop or remove, and nothing to start, where there is no node', async () => {
      const absent = `${contractPrefix}${randomBytes(4).toString('hex')}`
      await runtime.nodes.stop(absent, 1)
      await runtime.nodes.remove(absent)
      await rejectsWith('NodeMissing', runtime.nodes.start(absent))
    })

    test('refuses to start a node whose port is in use, until it is free', async t => {
      const { controlPlane } = await openScope(t, runtime, image)
      const first = await controlPlane()
      const second: NodeSpec = { ...(await controlPlane()), apiServer: first.apiServer }
      await runtime.nodes.create(first)
      await runtime.nodes.create(second)
      await runtime.nodes.start(first.name)
      await rejectsWith('PortTaken', runtime.nodes.start(second.name))
      await runtime.nodes.remove(first.name)
      await runtime.nodes.start(second.name)
      await untilState(second.name, 'running')
    })

    test('gives a later observer the whole picture, and none once its signal aborts', async t => {
      const { worker, network } = await openScope(t, runtime, image)
      await runtime.nodes.create(worker)
      await untilState(worker.name, 'created')
      const leave = new AbortController()
      const later = recordRuntime(patienceMs)
      const observed = runtime.observe(later, leave.signal)
      await later.until('a snapshot', () => later.told.length > 0)
      assert.equal(later.told[0], 'snapshot')
      assert.deepEqual(later.nodes.get(worker.name), seen.nodes.get(worker.name))
      assert.deepEqual(later.networks.get(network.name), seen.networks.get(network.name))
      leave.abort()
      await observed
      const before = later.told.length
      await runtime.nodes.remove(worker.name)
      await untilGone(worker.name)
      assert.equal(later.told.length, before)
    })

    test('tells an observer nothing whose signal was aborted before', async () => {
      const later = recordRuntime(patienceMs)
      await runtime.observe(later, AbortSignal.abort())
      assert.deepEqual(later.told, [])
    })

    if (!bootstrap) return

    test('bootstraps a cluster that outlives a restart', { timeout: 10 * patienceMs }, async t => {
      const scope = await openScope(t, runtime, image)
      const spec = await scope.controlPlane()
      const { worker } = scope
      assert.ok(spec.apiServer)
      const controlPlane = { name: spec.name, address: spec.address, apiServer: spec.apiServer }
      const cluster = { name: scope.cluster, id: scope.clusterId, controlPlane, nodes: 2 }
      t.after(() => runtime.bootstrap.forget(cluster.id))
      const boot = runtime.bootstrap

      for (const node of [spec, worker]) {
        await runtime.nodes.create(node)
        assert.match(await boot.prepare(cluster, node), /^v1\.\d+\.\d+/)
        await runtime.nodes.start(node.name)
      }
      const version = await boot.prepare(cluster, spec)
      const init = boot.init(cluster, t.signal)
      await init.apiServer
      await Promise.all([init.done, boot.addons(cluster, t.signal), boot.join(cluster, worker, t.signal)])

      await untilState(spec.name, 'running')
      const observed = seen.nodes.get(spec.name) ?? assert.fail('the control plane is gone')
      const kubeconfig = await boot.kubeconfig(observed)
      const { host, port } = spec.apiServer
      assert.partialDeepStrictEqual(parse(kubeconfig), {
        'current-context': `kind-${cluster.name}`,
        clusters: [{ name: `kind-${cluster.name}`, cluster: { server: `https://${host}:${port}` } }],
      })

      const access = await boot.access(observed)
      const leave = new AbortController()
      const cast = recordNodes(patienceMs)
      const watching = access.watchNodes(cast, leave.signal)
      t.after(async () => {
        leave.abort()
        access.close()
        await watching
      })
      const ready = (...names: string[]) => names.every(each => cast.nodes.get(each)?.ready)
      await cast.until('both nodes Ready', () => ready(spec.name, worker.name))
      assert.equal(cast.nodes.get(spec.name)?.kubeletVersion, version)
      assert.ok('node-role.kubernetes.io/control-plane' in (cast.nodes.get(spec.name)?.labels ?? {}))

      const again = boot.init(cluster, t.signal)
      await Promise.all([
        again.apiServer,
        again.done,
        boot.addons(cluster, t.signal),
        boot.join(cluster, worker, t.signal),
      ])
      assert.ok(!cast.told.some(line => line.endsWith(' gone')), 'what is joined is left as it is')

      await runtime.nodes.stop(spec.name, 10)
      await cast.until('down', () => cast.told.at(-1) === 'down')
      await untilState(spec.name, 'exited')
      assert.equal(await boot.kubeconfig(observed), kubeconfig)
      await runtime.nodes.start(spec.name)
      await cast.until('both nodes Ready again', () => cast.told.at(-1) !== 'down' && ready(spec.name, worker.name))
      assert.equal(await boot.kubeconfig(observed), kubeconfig)

      await access.drain(worker.name, patienceMs, t.signal)
      await cast.until('cordoned', () => cast.nodes.get(worker.name)?.schedulable === false)
      await runtime.nodes.remove(worker.name)
      await access.deleteNode(worker.name, t.signal)
      await access.deleteNode(worker.name, t.signal)
      await cast.until('the worker gone', () => !cast.nodes.has(worker.name))
    })
  })
}

function rejectsWith(code: RuntimeErrorCode, work: Promise<unknown>): Promise<void> {
  return assert.rejects(work, error => error instanceof RuntimeError && error.code === code)
}
