import { parseReference } from '../../drivers/registry/reference.ts'
import type { LocalImage } from '../../drivers/runtime.ts'
import { canonicalImage, fixedRepositories, isAllowed } from './allow.ts'
import { newestPatches } from './newest.ts'
import type { Image } from './schema.ts'
import type { TagCache } from './tags.ts'

export interface ImageListSettings {
  nodeImage: string
  nodeImages: string[]
  simulated: boolean
}

export interface ImageList {
  images: Image[]
  /** Repositories whose registry gave no answer: of them, only what is here is listed. */
  unanswered: string[]
}

/**
 * The node images that may be run: those that are here as last seen, and what the allowed repositories have in their
 * registries, the newest patch of each minor version or with `all` everything. Simulated images are in no registry.
 */
export async function listImages(
  here: LocalImage[],
  { all, tags, settings }: { all: boolean; tags: TagCache; settings: ImageListSettings },
): Promise<ImageList> {
  const images = new Map(localImages(here, settings).map(image => [image.name, image]))
  const repositories = settings.simulated ? [] : fixedRepositories(settings.nodeImages)
  const answers = await Promise.all(
    repositories.map(async repository => ({ repository, found: await tags.of(repository) })),
  )
  for (const { repository, found = [] } of answers) {
    const names = found.map(tag => ({ tag, name: `${repository}:${tag}` }))
    // What a registry says is a tag need not be one.
    const usable = names.filter(({ name }) => parseReference(name) && isAllowed(name, settings.nodeImages))
    const shown = new Set(all ? usable.map(({ tag }) => tag) : newestPatches(usable.map(({ tag }) => tag)))
    for (const { tag, name } of usable)
      if (shown.has(tag) && !images.has(name)) images.set(name, remoteImage(name, settings))
  }
  return {
    images: [...images.values()].toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    unanswered: answers.filter(({ found }) => found === undefined).map(({ repository }) => repository),
  }
}

function localImages(images: LocalImage[], settings: ImageListSettings): Image[] {
  return images.flatMap(image =>
    image.tags
      .map(canonicalImage)
      .filter(name => isAllowed(name, settings.nodeImages))
      .map(name => ({
        name,
        local: true,
        id: image.id,
        digest: image.digests[0] ?? null,
        size: image.size,
        default:
          name === settings.nodeImage ||
          image.digests.some(digest => settings.nodeImage.endsWith(digest.split('@')[1] ?? '?')),
        simulated: settings.simulated,
      })),
  )
}

function remoteImage(name: string, { nodeImage, simulated }: ImageListSettings): Image {
  return {
    name,
    local: false,
    id: null,
    digest: null,
    size: null,
    default: name === nodeImage.replace(/@.*$/, ''),
    simulated,
  }
}
