import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseKey } from '../../../src/engine/refs/names.ts'
import { GatewayError } from '../../../src/errors.ts'
import { ann, type Rig, startRig } from '../../support/engine-on-simulated.ts'

/** What the commands answer with: done, or the error's code. */
type Outcome = 'done' | 'unchanged' | 'InUse' | 'NotFound' | 'AlreadyExists' | 'InvalidRequest'

const hashes = ['aaaaaaa', 'bbbbbbb']
const names = ['demo', 'shop']
const tags = ['v1', 'v2']

/** Systems, tags and branches, a platform with deployments and releases, as far as their rules go. */
interface Model {
  systems: Map<string, { ids: Set<string>; refs: Map<string, string> }>
  /** Keys of deployments: `demo/tag/v1`. */
  deployments: Map<string, string>
  /** By `system/environment`: the system's key. */
  releases: Map<string, string>
}

function resolve(model: Model, key: string): string | undefined {
  const [name = '', type, ref = ''] = key.split('/')
  const system = model.systems.get(name)
  if (type === undefined) return system && [...system.ids].at(-1)
  if (type === 'id') return system?.ids.has(ref) ? ref : undefined
  return system?.refs.get(`${type}/${ref}`)
}

function uses(model: Model, prefix: string): boolean {
  return [...model.deployments.keys(), ...model.releases.values()].some(
    key => key === prefix || key.startsWith(`${prefix}/`),
  )
}

/** One command: what the model says of it, and what the engine does. */
interface Step {
  model(model: Model): Outcome
  real(rig: Rig): Promise<unknown>
  text: string
}

const body = (gitHash: string) => ({
  gitRepo: 'https://x.example/demo.git',
  gitHash,
  gitRef: 'branch/main',
  apps: {
    a: { gitHash, components: { hello: { type: 'kubefox', gitHash, image: `x.example/hello:${gitHash}` } } },
  },
})

const name = fc.constantFrom(...names)
const hash = fc.constantFrom(...hashes)
const tag = fc.constantFrom(...tags)
const key = fc.oneof(
  name,
  fc.tuple(name, hash).map(([system, id]) => `${system}/id/${id}`),
  fc.tuple(name, tag).map(([system, ref]) => `${system}/tag/${ref}`),
  name.map(system => `${system}/branch/main`),
)

const create = fc.tuple(name, hash).map(
  ([system, id]): Step => ({
    text: `create ${system} ${id}`,
    model({ systems }) {
      const known = systems.get(system) ?? { ids: new Set(), refs: new Map() }
      if (known.ids.has(id)) return 'AlreadyExists'
      known.ids.add(id)
      systems.set(system, known)
      return 'done'
    },
    real: ({ engine }) => engine.refs.create(ann, 'system', system, body(id)),
  }),
)

const tagIt = fc.tuple(name, hash, tag).map(
  ([system, id, ref]): Step => ({
    text: `tag ${system} ${id} as ${ref}`,
    model({ systems }) {
      const known = systems.get(system)
      if (!known?.ids.has(id)) return 'NotFound'
      const old = known.refs.get(`tag/${ref}`)
      if (old !== undefined) return old === id ? 'unchanged' : 'AlreadyExists'
      known.refs.set(`tag/${ref}`, id)
      return 'done'
    },
    real: ({ engine }) => engine.refs.tag({ principal: ann, kind: 'system', name: system, tag: ref, id }),
  }),
)

const branchIt = fc.tuple(name, hash).map(
  ([system, id]): Step => ({
    text: `branch ${system} to ${id}`,
    model({ systems }) {
      const known = systems.get(system)
      if (!known?.ids.has(id)) return 'NotFound'
      known.refs.set('branch/main', id)
      return 'done'
    },
    real: ({ engine }) => engine.refs.moveBranch({ principal: ann, name: system, branch: 'main', id }),
  }),
)

const removeRef = fc.tuple(name, fc.constantFrom('tag/v1', 'tag/v2', 'branch/main')).map(([system, ref]): Step => {
  const [type, word = ''] = ref.split('/')
  return {
    text: `remove ${system}/${ref}`,
    model(model) {
      const known = model.systems.get(system)
      if (known?.refs.has(ref) && uses(model, `${system}/${ref}`)) return 'InUse'
      known?.refs.delete(ref)
      return 'done'
    },
    real: ({ engine }) =>
      engine.refs.removeRef({
        principal: ann,
        kind: 'system',
        name: system,
        type: type === 'tag' ? 'tag' : 'branch',
        ref: word,
      }),
  }
})

const remove = name.map(
  (system): Step => ({
    text: `remove ${system}`,
    model(model) {
      if (!model.systems.has(system)) return 'NotFound'
      if (uses(model, system)) return 'InUse'
      model.systems.delete(system)
      return 'done'
    },
    real: ({ engine }) => engine.refs.remove({ principal: ann, kind: 'system', name: system }),
  }),
)

const deploy = key.map(
  (system): Step => ({
    text: `deploy ${system}`,
    model(model) {
      const id = resolve(model, system)
      if (id === undefined) return 'NotFound'
      if (model.deployments.has(system) && !system.includes('/branch/')) return 'AlreadyExists'
      model.deployments.set(system, id)
      return 'done'
    },
    real: ({ engine }) => engine.platforms.deploy(ann, 'kubefox', { system }),
  }),
)

const undeploy = key.map(
  (system): Step => ({
    text: `undeploy ${system}`,
    model: ({ deployments }) => (deployments.delete(system) ? 'done' : 'NotFound'),
    real: ({ engine }) => engine.platforms.removeDeployment(ann, 'kubefox', keyOf(system)),
  }),
)

const release = key.map(
  (system): Step => ({
    text: `release ${system}`,
    model(model) {
      if (!model.deployments.has(system)) return 'NotFound'
      model.releases.set(`${system.split('/')[0]}/dev`, system)
      return 'done'
    },
    real: ({ engine }) => engine.platforms.release(ann, 'kubefox', { system, environment: 'dev' }),
  }),
)

const unrelease = name.map(
  (system): Step => ({
    text: `unrelease ${system}`,
    model: ({ releases }) => (releases.delete(`${system}/dev`) ? 'done' : 'NotFound'),
    real: ({ engine }) => engine.platforms.removeRelease(ann, { platform: 'kubefox', system, environment: 'dev' }),
  }),
)

const step = fc.oneof(create, tagIt, branchIt, removeRef, remove, deploy, undeploy, release, unrelease)

function keyOf(text: string) {
  const found = parseKey('system', text)
  assert.ok(found)
  return found
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    return (await work) === 'unchanged' ? 'unchanged' : 'done'
  } catch (error) {
    if (error instanceof GatewayError) return error.code
    throw error
  }
}

/** Leaves a platform and an environment, and nothing else. */
async function prepare({ engine: { refs, platforms } }: Rig): Promise<void> {
  await platforms.put(ann, 'kubefox', { systems: { demo: {}, shop: {} } })
  await refs.create(ann, 'environment', 'dev', {})
  for (const text of await platforms.releases(ann, 'kubefox'))
    await platforms.removeRelease(ann, { platform: 'kubefox', system: text.split('/')[0] ?? '', environment: 'dev' })
  for (const text of await platforms.deployments(ann, 'kubefox'))
    await platforms.removeDeployment(ann, 'kubefox', keyOf(text))
  for (const system of await refs.names(ann, 'system'))
    await refs.remove({ principal: ann, kind: 'system', name: system })
}

/** All there is, by reading. */
async function stateOf({ engine }: Rig) {
  const systems = await engine.refs.names(ann, 'system')
  const of = async (system: string) => {
    const refs = async (type: 'id' | 'tag' | 'branch') => engine.refs.refs(ann, { kind: 'system', name: system, type })
    const named: [string, unknown][] = []
    for (const type of ['tag', 'branch'] as const)
      for (const ref of await refs(type))
        named.push([`${type}/${ref}`, JSON.parse(await engine.refs.get(ann, 'system', { name: system, type, ref })).id])
    const head = JSON.parse(await engine.refs.get(ann, 'system', { name: system, type: 'head', ref: '' })).id
    return [system, { ids: await refs('id'), head, refs: named }]
  }
  return {
    systems: await Promise.all(systems.map(of)),
    deployments: await engine.platforms.deployments(ann, 'kubefox'),
    releases: await engine.platforms.releases(ann, 'kubefox'),
  }
}

function stateOfModel({ systems, deployments, releases }: Model) {
  return {
    systems: [...systems].sort().map(([system, { ids, refs }]) => [
      system,
      {
        ids: [...ids].sort(),
        head: [...ids].at(-1),
        refs: [...refs].sort(([a], [b]) => (order(a) < order(b) ? -1 : 1)),
      },
    ]),
    deployments: [...deployments.keys()].sort(),
    releases: [...releases.keys()].sort(),
  }
}

/** Tags first. */
const order = (ref: string) => (ref.startsWith('tag/') ? `0${ref}` : `1${ref}`)

test('any sequence of commands answers as the model does, and leaves what it says', async t => {
  const rig = await startRig(t)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async steps => {
      await prepare(rig)
      const model: Model = { systems: new Map(), deployments: new Map(), releases: new Map() }
      for (const { text, model: expected, real } of steps)
        assert.equal(await outcomeOf(real(rig)), expected(model), text)
      assert.deepEqual(await stateOf(rig), stateOfModel(model))
    }),
    { numRuns: 25 },
  )
})

test('commands of many clients at once answer as some order of them would, and leave what that leaves', async t => {
  const rig = await startRig(t)
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12, size: 'max' }),
      fc.array(step, { minLength: 2, maxLength: 4, size: 'max' }),
      async (before, race) => {
        await prepare(rig)
        const model: Model = { systems: new Map(), deployments: new Map(), releases: new Map() }
        for (const each of before) {
          each.model(model)
          await outcomeOf(each.real(rig))
        }
        const outcomes = await Promise.all(race.map(each => outcomeOf(each.real(rig))))
        const state = JSON.stringify(await stateOf(rig))
        const explained = permutations(race.map((_, index) => index)).some(sequence => {
          const copy = structuredClone(model)
          const said = sequence.map(index => [index, race[index]?.model(copy)] as const)
          return (
            said.every(([index, outcome]) => outcome === outcomes[index]) &&
            JSON.stringify(stateOfModel(copy)) === state
          )
        })
        assert.ok(explained, `${race.map(each => each.text)}: ${outcomes}: ${state}`)
      },
    ),
    { numRuns: 60 },
  )
})

function permutations(items: number[]): number[][] {
  if (items.length < 2) return [items]
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map(rest => [item, ...rest]))
}
