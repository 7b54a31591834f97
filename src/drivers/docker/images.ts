import type Docker from 'dockerode'
import type { ImageDriver, LocalImage } from '../runtime.ts'
import { RuntimeError } from '../runtime.ts'
import { act, type DockerClient, daemonMessage, statusOf } from './client.ts'

export function createImageDriver({ acts, streams }: DockerClient): ImageDriver {
  return {
    list: () => listImages(acts),

    async find(reference) {
      const image = await act(() => acts.getImage(reference).inspect(), 404)
      if (!image) return undefined
      const local: LocalImage = {
        id: image.Id,
        tags: image.RepoTags ?? [],
        digests: image.RepoDigests ?? [],
        size: image.Size,
      }
      return local
    },

    async pull(reference, onProgress, signal) {
      const layers = new Map<string, { done: number; total: number }>()
      try {
        const stream = await act(() => streams.createImage({ fromImage: reference, abortSignal: signal }))
        if (!stream) return
        for await (const line of jsonLines(stream, signal)) {
          if ('error' in line && typeof line.error === 'string') throw new Error(line.error)
          const layer = progressOf(line)
          if (!layer) continue
          layers.set(layer.id, layer)
          const all = [...layers.values()]
          onProgress(
            all.reduce((sum, each) => sum + each.done, 0),
            all.reduce((sum, each) => sum + each.total, 0),
          )
        }
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof RuntimeError && statusOf(error.cause) === undefined) throw error
        throw new RuntimeError('ImageUnavailable', daemonMessage(error), { cause: error })
      }
    },
  }
}

export async function listImages(docker: Docker): Promise<LocalImage[]> {
  const images = (await act(() => docker.listImages())) ?? []
  return images.map(image => ({
    id: image.Id,
    tags: image.RepoTags ?? [],
    digests: image.RepoDigests ?? [],
    size: image.Size,
  }))
}

/** A line of the daemon's pull stream that tells how far a layer's download is. */
function progressOf(line: object): { id: string; done: number; total: number } | undefined {
  if (!('id' in line) || typeof line.id !== 'string' || !('status' in line) || line.status !== 'Downloading')
    return undefined
  const detail = 'progressDetail' in line ? line.progressDetail : undefined
  if (typeof detail !== 'object' || detail === null || !('current' in detail) || !('total' in detail)) return undefined
  if (typeof detail.current !== 'number' || typeof detail.total !== 'number') return undefined
  return { id: line.id, done: detail.current, total: detail.total }
}

/** The objects of a stream that sends one JSON object a line. */
export async function* jsonLines(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<object> {
  let rest = ''
  for await (const chunk of stream) {
    signal.throwIfAborted()
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.trim() === '') continue
      const value: unknown = JSON.parse(line)
      if (typeof value === 'object' && value !== null) yield value
    }
  }
}
