import { readFileSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import path from 'node:path'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import { type State, stateSchema } from './state.ts'

/** Changes within this time go into one write. */
const coalesceMs = 250

/** Writing takes at most about a tenth of the time: after a slow write the next one waits this many times as long. */
const restFactor = 10

/** Reads a state file. Undefined where there is none; throws an error that names the file where it is broken. */
export function readState(file: string): State | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw broken(file, messageOf(error), error)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw broken(file, `it is not JSON (${messageOf(error)})`, error)
  }
  const check = TypeCompiler.Compile(stateSchema)
  if (!check.Check(value)) {
    const first = check.Errors(value).First()
    throw broken(file, first ? `at ${first.path || '/'}: ${first.message}` : 'it does not match the schema')
  }
  const twice = repeated(value.nodes.map(node => node.name)) ?? repeated(value.networks.map(network => network.name))
  if (twice !== undefined) throw broken(file, `it holds ${twice} twice`)
  return value
}

function broken(file: string, what: string, cause?: unknown): Error {
  return new Error(`The state file of the simulated runtime, ${file}, cannot be used: ${what}. Mend or delete it.`, {
    cause,
  })
}

function repeated(names: string[]): string | undefined {
  const seen = new Set<string>()
  return names.find(name => seen.size === seen.add(name).size)
}

export interface StateWriterOptions {
  file: string
  clock: Clock
  /** The state as it is now. */
  render: () => State
  /** Told of a write that failed; the next change tries again. */
  onError: (error: unknown) => void
}

export interface StateWriter {
  /** Something has changed: it is written a little later, together with what changes until then. */
  touch(): void
  /** Writes what has changed, now. Rejects where the file cannot be written. */
  flush(): Promise<void>
}

/** Keeps a file equal to the state: whole old or whole new at any moment, mode 0600. */
export function createStateWriter({ file, clock, render, onError }: StateWriterOptions): StateWriter {
  let dirty = false
  let delayMs = coalesceMs
  let scheduled = false
  let hurry = new AbortController()
  let last: Promise<void> = Promise.resolve()

  const write = () => {
    const next = last.then(async () => {
      if (!dirty) return
      dirty = false
      const began = clock.now()
      try {
        await replaceFile(file, JSON.stringify(render()))
      } catch (error) {
        dirty = true
        throw error
      }
      delayMs = Math.max(coalesceMs, (clock.now() - began) * restFactor)
    })
    last = next.catch(() => undefined)
    return next
  }

  const writeLater = async (signal: AbortSignal) => {
    try {
      await clock.sleep(delayMs, signal)
    } catch {
      return // flush() writes instead
    }
    scheduled = false
    await write().catch(onError)
  }

  return {
    touch() {
      dirty = true
      if (scheduled) return
      scheduled = true
      writeLater(hurry.signal)
    },
    async flush() {
      hurry.abort()
      hurry = new AbortController()
      scheduled = false
      await write()
    },
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.tmp`
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.chmod(0o600)
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
