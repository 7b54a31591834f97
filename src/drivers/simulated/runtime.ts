import type { Clock } from '../../clock.ts'
import type { Runtime } from '../runtime.ts'
import { untilAborted } from './abort.ts'
import { createActs } from './acts.ts'
import { createBootstrapDriver } from './bootstrap.ts'
import { createImageDriver, firstImages } from './images.ts'
import { createInject, type Inject } from './inject.ts'
import { createKubernetes } from './kubernetes.ts'
import { createNetworkDriver, firstNetworks } from './networks.ts'
import { createNodeDriver, createNodePower } from './nodes.ts'
import { createStateWriter, readState } from './state-file.ts'
import { createWorld, stateOf } from './world.ts'

export interface SimulatedRuntimeOptions {
  clock: Clock
  /**
   * Where the state is kept across restarts. It is at most about a quarter of a second behind, and up to date when
   * `observe` has ended. Without a file everything goes with the process.
   */
  stateFile?: string
  /** How long acts take: 1 is a tenth of what they take in life, 10 as long, 0 no time at all. */
  pace?: number
  /** From 0 up to, not including, 1; ids are made of it. */
  random?: () => number
  /** Hears of what nobody waits for, such as a state file that cannot be written. */
  log?: { error(details: object, message: string): void }
}

/** A Docker daemon and its clusters' API servers in memory. See Inject for what tests can do to it. */
export interface SimulatedRuntime extends Runtime {
  readonly name: 'simulated'
  readonly inject: Inject
  /** Writes the state file, where there is one. */
  flush(): Promise<void>
}

/** Throws where the state file is there and broken, with an error that names it. */
export function createSimulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  const { clock, stateFile, pace = 1, random = Math.random, log } = options
  const newId = () => Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('')
  const onError = (error: unknown) => log?.error({ err: error }, 'simulated runtime')

  const state = (stateFile === undefined ? undefined : readState(stateFile)) ?? {
    version: 1,
    images: firstImages(),
    networks: firstNetworks(newId),
    nodes: [],
    apiServers: [],
  }
  const acts = createActs({ clock, pace })
  const world = createWorld({
    state,
    onChange: () => writer?.touch(),
    visible: () => acts.broken === undefined,
    onError,
  })
  const writer =
    stateFile === undefined
      ? undefined
      : createStateWriter({ file: stateFile, clock, render: () => stateOf(world), onError })
  const kubernetes = createKubernetes({ world, acts, clock, pace, newId, onError })
  const power = createNodePower(world, kubernetes)

  // Without an observer from the start, as in tests; later it lives while it is observed.
  let life = new AbortController()
  kubernetes.live(life.signal)

  return {
    name: 'simulated',

    async observe(observer, signal) {
      await Promise.resolve()
      if (signal.aborted) return
      if (life.signal.aborted) {
        life = new AbortController()
        kubernetes.live(life.signal)
      }
      world.observers.add(observer)
      const left = untilAborted(signal, () => world.observers.delete(observer))
      const { broken } = acts
      world.tellOne(observer, it => (broken === undefined ? world.snapshot(it) : it.down(broken)))
      await left
      if (world.observers.size > 0) return
      life.abort()
      await writer?.flush().catch(onError)
    },

    async version() {
      await acts.enter('version', '')
      return {
        engine: 'simulated',
        apiVersion: '1.41',
        os: 'linux',
        arch: process.arch === 'x64' ? 'amd64' : process.arch,
      }
    },

    images: createImageDriver(world, acts),
    networks: createNetworkDriver(world, acts, newId),
    nodes: createNodeDriver({ world, acts, power, newId }),
    bootstrap: createBootstrapDriver({ world, acts, kubernetes }),
    inject: createInject({ world, acts, power, kubernetes, newId }),
    flush: async () => writer?.flush(),
  }
}
