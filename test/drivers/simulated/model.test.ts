import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NodeSpec } from '../../../src/drivers/runtime.ts'
import { createSimulatedRuntime } from '../../../src/drivers/simulated/runtime.ts'
import { createFakeClock } from '../../support/clock.ts'
import { recordRuntime } from '../recorder.ts'
import { image } from './cluster.ts'

const acts = ['create', 'start', 'stop', 'remove', 'kill', 'ensure', 'removeNetwork', 'break', 'mend'] as const

interface Step {
  act: (typeof acts)[number]
  node: number
  network: number
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(...acts),
  node: fc.integer({ min: 0, max: 4 }),
  network: fc.integer({ min: 0, max: 2 }),
})

test('whatever happens at the same time, observers see what there is, and no two running nodes share a port', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), async rounds => {
      const clock = createFakeClock()
      const runtime = createSimulatedRuntime({ clock, pace: 1 })
      const found = await runtime.images.find(image)
      const stop = new AbortController()
      const seen = recordRuntime(1000)
      const observing = runtime.observe(seen, stop.signal)

      // Networks 0 and 1 overlap; nodes 0 and 3 want the same port.
      const subnets = ['10.0.0.0/16', '10.0.7.0/24', '10.9.0.0/24']
      const specOf = (node: number, network: number): NodeSpec => ({
        name: `n${node}`,
        cluster: 'c',
        clusterId: 'id',
        gatewayId: 'this',
        role: 'control-plane',
        image: found?.id ?? '',
        network: `net${network}`,
        address: (subnets[network] ?? '').replace(/0\/\d+$/, String(2 + node)),
        apiServer: { host: '127.0.0.1', port: 30_000 + (node % 3) },
      })
      const perform = async ({ act, node, network }: Step) => {
        const name = `n${node}`
        const net = `net${network}`
        const subnet = subnets[network] ?? ''
        if (act === 'create') return runtime.nodes.create(specOf(node, network))
        if (act === 'start') return runtime.nodes.start(name)
        if (act === 'stop') return runtime.nodes.stop(name, node)
        if (act === 'remove') return runtime.nodes.remove(name)
        if (act === 'removeNetwork') return runtime.networks.remove(net)
        if (act === 'ensure')
          return runtime.networks.ensure({
            name: net,
            cluster: 'c',
            clusterId: 'id',
            gatewayId: 'this',
            subnet,
            hostAddress: subnet,
          })
        if (act === 'break') return runtime.inject.breakDaemon('down')
        if (act === 'mend') return runtime.inject.mendDaemon()
        if (seen.nodes.has(name)) runtime.inject.killNode(name)
      }

      for (const round of rounds) {
        const outcomes = await clock.run(Promise.allSettled(round.map(perform)))
        for (const outcome of outcomes) if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof Error)
      }
      runtime.inject.mendDaemon()
      await clock.settle()

      const later = recordRuntime(1000)
      const looking = runtime.observe(later, stop.signal)
      await later.until('a snapshot', () => later.told.length > 0)
      assert.deepEqual(seen.nodes, later.nodes)
      assert.deepEqual(seen.networks, later.networks)
      assert.ok(!(seen.networks.has('net0') && seen.networks.has('net1')))
      const running = [...seen.nodes.values()].filter(node => node.state === 'running')
      const ports = running.map(node => node.apiServer?.port)
      assert.equal(new Set(ports).size, ports.length)
      for (const node of running) assert.ok(seen.networks.has(node.network ?? ''))
      stop.abort()
      await Promise.all([observing, looking])
      assert.equal(clock.sleepers, 0)
    }),
    { numRuns: 200 },
  )
})
