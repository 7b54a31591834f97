import { homedir } from 'node:os'
import { createLogUpdate } from 'log-update'
import { describeFault } from '../api/qbo/grammar/command.ts'
import { parseCommand } from '../api/qbo/grammar/parse.ts'
import { helpFor } from './help.ts'
import { createScreen } from './screen.ts'
import { readTarget } from './settings.ts'
import { perform, type Take } from './socket.ts'

process.exitCode = await main(process.argv.slice(2)).then(
  () => 0,
  error => {
    process.stderr.write(`kindgate: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  },
)

async function main(words: string[]): Promise<void> {
  const help = helpFor(words, 'kindgate')
  if (help !== undefined) return void process.stdout.write(`${help}\n`)
  const cmd = words.join(' ')
  const parsed = parseCommand(cmd)
  if ('fault' in parsed) throw new Error(describeFault(parsed.fault))
  const target = await readTarget({ env: process.env, home: homedir(), folder: process.cwd() })
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  // Who reads has enough: `| head`.
  process.stdout.on('error', () => stop.abort())
  const { take, end } = process.stdout.isTTY ? onTerminal() : piped()
  try {
    await perform(target, cmd, take, stop.signal)
  } finally {
    end()
  }
}

function piped(): { take: Take; end(): void } {
  return { take: (_, text) => void process.stdout.write(`${text}\n`), end: () => undefined }
}

function onTerminal(): { take: Take; end(): void } {
  const screen = createScreen({ color: process.stdout.hasColors() && !process.env.NO_COLOR })
  const update = createLogUpdate(process.stdout)
  const draw = () => {
    const text = screen.text()
    if (text !== '') update(text)
  }
  return {
    take(message) {
      screen.take(message)
      if (message.command !== 'CMD_DONE') draw()
    },
    end() {
      // What is higher than the terminal was cut while it could change; the end is printed whole.
      update.clear()
      const text = screen.text()
      if (text !== '') process.stdout.write(`${text}\n`)
    },
  }
}
