import { randomUUID } from 'node:crypto'
import type { Connected } from '../../engine/clients/registry.ts'
import { GatewayError } from '../../errors.ts'
import { toGatewayError } from '../http/problems.ts'
import { run } from './commands/run.ts'
import type { Sources, Task } from './commands/task.ts'
import type { Connection } from './connection.ts'
import { type Command, describeFault } from './grammar/command.ts'
import { parseCommand } from './grammar/parse.ts'
import { commandWordOf, subcommandWordOf } from './messages/envelope.ts'
import type { Read } from './messages/read.ts'
import { createVoice, type Speaker, type Spoken, type Voice } from './messages/voice.ts'
import type { Membership } from './mirrors.ts'

/** Commands that a connection may have under way, its watches included. */
export const mostCommands = 32

export interface SessionOptions extends Pick<Task, 'engine' | 'principal' | 'reached'> {
  sources: Sources
  speaker: Speaker
  connection: Connection
  mirror: Membership
  client: Connected
  read(data: Buffer, binary: boolean): Read
  /** Microseconds since the epoch. */
  stamp(): number
  /** Gets what nobody foresaw. */
  onError(error: unknown): void
}

export interface Session {
  /** A message has come. Never throws. */
  receive(data: Buffer, binary: boolean): void
}

interface Running {
  id: string
  uuid: string
  watch: boolean
  stop: AbortController
}

/** What the commands of one connection share. */
export function createSession(options: SessionOptions): Session {
  const { connection, mirror, speaker, stamp } = options
  const running = new Set<Running>()

  function receive(data: Buffer, binary: boolean) {
    const read = options.read(data, binary)
    if (!('request' in read)) return refuse({ line: read.line, uuid: read.uuid }, read.code, read.message)
    const { cmd, uuid } = read.request
    const line = cmd.trim().replace(/^qbo(\s+|$)/, '')
    const parsed = parseCommand(cmd)
    if ('fault' in parsed) return refuse({ line, uuid }, 400, describeFault(parsed.fault))
    if (running.size >= mostCommands) {
      return refuse({ line, uuid }, 429, `at most ${mostCommands} commands may be under way on a connection`)
    }
    void perform(parsed.command, { line, uuid })
  }

  /** Answers what is not carried out; only who sent it is told. */
  function refuse(of: { line: string; uuid: string }, code: number, message: string) {
    const spoken: Spoken = {
      ...of,
      id: randomUUID(),
      command: 'CMD_DONE',
      subcommand: 'SUBCMD_DONE',
      apicommand: 'APICMD_DONE',
    }
    connection.send(createVoice({ speaker, spoken, threadId: threadIdOf(spoken.id, 0), stamp }).end(code, message))
  }

  async function perform(command: Command, { line, uuid }: { line: string; uuid: string }): Promise<void> {
    const id = randomUUID()
    const spoken: Spoken = {
      id,
      line,
      uuid,
      command: commandWordOf(command.verb),
      subcommand: subcommandWordOf(command.object),
      apicommand: command.object === 'image' ? 'APICMD_REGISTRY_AUTH' : 'APICMD_NONE',
    }
    const stop = new AbortController()
    const one = { id, uuid, watch: command.flags.has('watch'), stop }
    const tell = (frame: Buffer) => mirror.tell(frame, speaker.user)
    let threads = 0
    const fork = (): Voice => {
      const voice = createVoice({ speaker, spoken, threadId: threadIdOf(id, threads), stamp })
      threads += 1
      if (threads === 1) tell(voice.say('input', JSON.stringify({ message: 'command accepted' }), 202))
      tell(voice.say('output', JSON.stringify({ message: `thread '${voice.threadId}' started` }), 201))
      return voice
    }

    running.add(one)
    options.client.ran({ line, id })
    const begun = stamp()
    const voice = fork()
    const task: Task = {
      engine: options.engine,
      sources: options.sources,
      principal: options.principal,
      reached: options.reached,
      command,
      signal: AbortSignal.any([connection.ended, stop.signal]),
      voice,
      fork,
      reply: connection.send,
      tell,
      lost: connection.resync,
      stopWatches,
    }
    const { code, message } = await run(task).then(() => ({ code: 200, message: '' }), failureOf)
    running.delete(one)
    if (connection.ended.aborted) return
    const seconds = ((stamp() - begun) / 1e6).toFixed(6)
    tell(voice.end(code, message || `thread ${voice.threadId} terminated in ${seconds}s`))
  }

  function stopWatches(which: 'all' | readonly string[]): number {
    const stopped = [...running].filter(
      ({ watch, id, uuid }) => watch && (which === 'all' || which.some(word => word === uuid || id.startsWith(word))),
    )
    for (const each of stopped) each.stop.abort(new Error('the watch was stopped'))
    return stopped.length
  }

  function failureOf(thrown: unknown): { code: number; message: string } {
    if (!(thrown instanceof GatewayError)) options.onError(thrown)
    const { status, detail, faults } = toGatewayError(thrown)
    const where = faults.map(fault => `${fault.where.replace(/^\/body/, '')} ${fault.what}`).join('; ')
    return { code: status, message: where === '' ? detail : `${detail}: ${where}` }
  }

  return { receive }
}

/** Opaque: the same for a thread as long as it lasts, and an integer that JSON keeps. */
function threadIdOf(commandId: string, thread: number): number {
  return Number.parseInt(commandId.replaceAll('-', '').slice(0, 12), 16) + thread
}
