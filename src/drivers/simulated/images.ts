import { createHash } from 'node:crypto'
import type { ImageDriver } from '../runtime.ts'
import { RuntimeError } from '../runtime.ts'
import type { Acts } from './acts.ts'
import type { ImageState } from './state.ts'
import { copyImage, type World } from './world.ts'

/** Node images that are there from the start; the first is the one kind 0.33 takes, under its real digest. */
const presentAtFirst = [
  'kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5',
  'kindest/node:v1.36.3',
  'kindest/node:v1.34.4',
  'kindest/node:v1.20.2',
]

const pullSeconds = 30
const pullSteps = 20

export function firstImages(): ImageState[] {
  return presentAtFirst.map(reference => invent(parse(reference) ?? { name: reference, tag: 'latest', digest: null }))
}

/** The image that an id, a tag or a digest names. */
export function findImage(world: World, reference: string): ImageState | undefined {
  const byId = world.images.get(reference)
  if (byId) return byId
  const wanted = parse(reference)
  if (!wanted) return undefined
  const { name, tag, digest } = wanted
  for (const image of world.images.values()) {
    if (digest ? image.digests.includes(`${name}@${digest}`) : image.tags.includes(`${name}:${tag}`)) return image
  }
  return undefined
}

/** Every well-formed reference can be pulled, but those that hold the word `missing`: no registry has these. */
export function createImageDriver(world: World, acts: Acts): ImageDriver {
  return {
    async list() {
      await acts.enter('list', '')
      return Array.from(world.images.values(), copyImage)
    },

    async find(reference) {
      await acts.enter('find', reference)
      const image = findImage(world, reference)
      return image && copyImage(image)
    },

    async pull(reference, onProgress, signal) {
      await acts.enter('pull', reference, signal)
      const wanted = parse(reference)
      if (!wanted) throw new RuntimeError('ImageUnavailable', `invalid reference format: ${reference}`)
      const present = findImage(world, reference)
      if (present) return onProgress(present.size, present.size)
      if (reference.includes('missing')) {
        await acts.spend(pullSeconds / pullSteps, signal)
        throw new RuntimeError('ImageUnavailable', `manifest for ${reference} not found: manifest unknown`)
      }
      const image = invent(wanted)
      for (let step = 1; step <= pullSteps; step++) {
        await acts.spend(pullSeconds / pullSteps, signal)
        onProgress(Math.round((image.size * step) / pullSteps), image.size)
      }
      keep(world, image)
    },
  }
}

interface Reference {
  name: string
  tag: string
  digest: string | null
}

const referencePattern =
  /^(?<name>[\w.-]+(?::\d+)?(?:\/[a-z0-9._-]+)+|[a-z0-9._-]+)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/

function parse(reference: string): Reference | undefined {
  const { name, tag, digest } = referencePattern.exec(reference)?.groups ?? {}
  return name === undefined ? undefined : { name, tag: tag ?? 'latest', digest: digest ?? null }
}

/** The same reference always gives the same image. */
function invent({ name, tag, digest }: Reference): ImageState {
  const id = sha256(`image ${name}:${tag} ${digest ?? ''}`)
  return {
    id,
    tags: [`${name}:${tag}`],
    digests: [`${name}@${digest ?? sha256(`digest ${name}:${tag}`)}`],
    size: 950_000_000 + (Number.parseInt(id.slice(-8), 16) % 150_000_000),
  }
}

/** A tag moves to the image that was pulled under it last. */
function keep(world: World, image: ImageState): void {
  for (const other of world.images.values()) other.tags = other.tags.filter(tag => !image.tags.includes(tag))
  world.images.set(image.id, image)
  world.imagesChanged()
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
