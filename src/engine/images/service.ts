import type { Runtime } from '../../drivers/runtime.ts'
import { runtimeError } from '../runtime-error.ts'
import { canonicalImage, isAllowed } from './allow.ts'
import type { Image } from './schema.ts'

/** The node images that are here and may be run. */
export async function listImages(
  runtime: Runtime,
  settings: { nodeImage: string; nodeImages: string[] },
): Promise<Image[]> {
  const images = await runtime.images.list().catch(error => {
    throw runtimeError(error)
  })
  const named = images.flatMap(image =>
    image.tags
      .map(canonicalImage)
      .filter(name => isAllowed(name, settings.nodeImages))
      .map(name => ({
        name,
        id: image.id,
        digest: image.digests[0] ?? null,
        size: image.size,
        default:
          name === settings.nodeImage ||
          image.digests.some(digest => settings.nodeImage.endsWith(digest.split('@')[1] ?? '?')),
        simulated: runtime.name === 'simulated',
      })),
  )
  return named.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
}
