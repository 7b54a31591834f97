import type { LocalImage } from '../../drivers/runtime.ts'
import { canonicalImage, isAllowed } from './allow.ts'
import type { Image } from './schema.ts'

/** The node images that are here and may be run, as last seen. */
export function listImages(
  images: LocalImage[],
  settings: { nodeImage: string; nodeImages: string[]; simulated: boolean },
): Image[] {
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
        simulated: settings.simulated,
      })),
  )
  return named.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
}
