import assert from 'node:assert/strict'
import type { Bounds } from '../../../../src/drivers/kubernetes/bounds.ts'
import type { JsonObject } from '../../../../src/drivers/kubernetes/objects.ts'
import { type KubernetesObject, textAt } from '../../../../src/drivers/kubernetes/objects.ts'
import { type ReflectorLimits, type ReflectorObserver, reflect } from '../../../../src/drivers/kubernetes/reflector.ts'
import type { ApiRequest } from './api-server.ts'
import type { FakeWatch } from './fake-watch.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import type { World, WorldKind } from './worlds.ts'

export const nodes = '/api/v1/nodes'

/** A Node as the fake server takes it; `text` tells one version of it from another. */
export function node(name: string, text = ''): JsonObject {
  return { metadata: { name }, text }
}

/** A reflector at work on the Nodes of a fake API server. */
export interface Reflection extends World {
  /** `synced a b`, `changed a`, `gone a`, `down: why`; an object is its name, with `=text` where it has a text. */
  told: Recorder<string>
  abort(reason?: Error): void
  /** Resolves when `reflect` does. */
  ended: Promise<void>
  /** The next watch that was opened. */
  watch(): Promise<FakeWatch>
  lists(): ApiRequest[]
}

export interface ReflectionOptions {
  objects?: JsonObject[]
  limits?: Partial<ReflectorLimits>
  bounds?: Bounds
  random?: () => number
  observer?: Partial<ReflectorObserver<string>>
  before?: (world: World) => void
}

export async function startReflection(kind: WorldKind, options: ReflectionOptions = {}): Promise<Reflection> {
  const world = await kind.open()
  const { api, clock, transport } = world
  for (const object of options.objects ?? []) api.put(nodes, object)
  options.before?.(world)
  const told = createRecorder<string>()
  const controller = new AbortController()
  const ended = reflect<string>({
    transport,
    path: nodes,
    map: describe,
    observer: {
      synced: items => told.push(['synced', ...items].join(' ')),
      changed: item => told.push(`changed ${item}`),
      gone: key => told.push(`gone ${key}`),
      down: reason => told.push(`down: ${reason}`),
      ...options.observer,
    },
    signal: controller.signal,
    clock,
    random: options.random ?? (() => 0.5),
    ...(options.limits && { limits: options.limits }),
    ...(options.bounds && { bounds: options.bounds }),
  })
  return {
    ...world,
    told,
    ended,
    abort: reason => controller.abort(reason),
    watch: () => api.watches.next(),
    lists: () => api.requests.all.filter(request => request.path === nodes && !request.query.has('watch')),
    async [Symbol.asyncDispose]() {
      controller.abort()
      await ended
      await world[Symbol.asyncDispose]()
      await clock.settle()
      assert.equal(clock.sleepers, 0, 'a timer was left behind')
    },
  }
}

function describe(object: KubernetesObject): string {
  const text = textAt(object, 'text')
  return text === '' ? object.metadata.name : `${object.metadata.name}=${text}`
}
