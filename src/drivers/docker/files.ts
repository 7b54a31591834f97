import { buffer, text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { extract, pack } from 'tar-stream'
import { act, statusOf } from './client.ts'

export interface NodeFile {
  path: string
  text: string
  /** Permission bits; 0o600 for keys. */
  mode: number
}

/** Writes files into a container, running or not; folders that are missing are made. */
export async function writeFiles(docker: Docker, container: string, files: NodeFile[]): Promise<void> {
  if (files.length === 0) return
  const archive = pack()
  for (const { path, text: body, mode } of files) archive.entry({ name: path.replace(/^\/+/, ''), mode }, body)
  archive.finalize()
  const bytes = await buffer(archive)
  await act(() => docker.getContainer(container).putArchive(bytes, { path: '/' }))
}

/** One file of a container, running or not; undefined where it does not exist. */
export async function readNodeFile(docker: Docker, container: string, path: string): Promise<string | undefined> {
  try {
    const archive = await act(() => docker.getContainer(container).getArchive({ path }))
    if (!archive) return undefined
    const files = archive.pipe(extract())
    try {
      for await (const entry of files) return await text(entry)
      return undefined
    } finally {
      // What follows the file is left unread: an archive that nobody reads keeps its connection.
      if ('destroy' in archive && typeof archive.destroy === 'function') archive.destroy()
    }
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}
