import { type LocalImage, RuntimeError } from '../../../drivers/runtime.ts'
import { canonicalImage, isAllowed } from '../../images/allow.ts'
import type { Step } from '../steps.ts'
import type { Work } from './work.ts'

/** The node image: the one the cluster was made of, or, the first time, the one its reference names now. */
export function imageStep(work: Work): Step {
  return {
    name: 'image',
    title: `getting the node image ${work.current().cluster.image}`,
    needs: [],
    async run(signal, say) {
      const { cluster } = work.current()
      const { images } = work.runtime
      if (cluster.imageId !== null && (await images.find(cluster.imageId))) return
      const reference = pinned(cluster)
      let image = await images.find(reference)
      if (!image) {
        await images
          .pull(reference, (done, total) => say(`${megabytes(done)} of ${megabytes(total)} MB`), signal)
          .catch(async error => {
            throw error instanceof RuntimeError && error.code === 'ImageUnavailable'
              ? notToBeHad(reference, error, allowedHere(work))
              : error
          })
        image = await images.find(reference)
      }
      if (!image) throw new RuntimeError('ImageUnavailable', `${reference} was pulled and is not there`)
      await work.record.cluster({ imageId: image.id, imageDigest: digestOf(image, reference) })
    },
  }
}

/** A cluster keeps the image it began with, also when its tag has moved since. */
function pinned({ image, imageDigest }: { image: string; imageDigest: string | null }): string {
  const [repository] = image.split(/[:@]/)
  return imageDigest?.includes('@') && repository ? imageDigest : image
}

/** `repository@sha256:…`, or the image's id where it comes from no repository. */
function digestOf(image: LocalImage, reference: string): string {
  const [repository] = reference.split(/[:@]/)
  return image.digests.find(digest => digest.startsWith(`${repository}@`)) ?? image.id
}

/** Tags of the images that are here and may be run. */
function allowedHere({ observed, settings }: Work): string[] {
  const tags = observed.images.flatMap(image => image.tags).map(canonicalImage)
  return tags.filter(tag => isAllowed(tag, settings.nodeImages)).toSorted()
}

function notToBeHad(reference: string, error: RuntimeError, here: string[]): RuntimeError {
  const list = here.length > 0 ? `node images that are here: ${here.join(', ')}` : 'no node image is here'
  const message = `${reference} is not here and cannot be pulled (${error.message}); ${list}`
  return new RuntimeError('ImageUnavailable', message, { cause: error })
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
