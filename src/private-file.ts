import { open, rename, rm } from 'node:fs/promises'

/** Writes a file that only its owner can read: complete or not at all, and never readable by others. */
export async function writePrivately(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
