import { randomUUID } from 'node:crypto'
import type { Identity } from '../../engine/accounts/identity.ts'
import type { Connected } from '../../engine/clients/registry.ts'
import { type ErrorCode, GatewayError } from '../../errors.ts'
import { toGatewayError } from '../http/problems.ts'
import { run } from './commands/run.ts'
import type { Sources, Task } from './commands/task.ts'
import type { Connection } from './connection.ts'
import { type Command, describeFault } from './grammar/command.ts'
import { parseCommand } from './grammar/parse.ts'
import { commandWordOf, doneWords, subcommandWordOf } from './messages/envelope.ts'
import type { Frame } from './messages/frame.ts'
import { threadIdOf } from './messages/opaque.ts'
import type { Read } from './messages/read.ts'
import { createVoice, type Speaker, type Spoken, type Voice } from './messages/voice.ts'
import type { Membership } from './mirrors.ts'

/** Commands that a connection may have under way, its watches included. */
export const mostCommands = 32

export interface SessionOptions extends Pick<Task, 'engine' | 'reached'> {
  identity: Identity
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

/** How a command ended. */
interface Outcome {
  code: number
  message: string
  result: 'OK' | ErrorCode
}

const success: Outcome = { code: 200, message: '', result: 'OK' }
/** Characters of a command line that the audit log keeps. */
const longestAudit = 256

/** Whether a command does something: commands that read are not audited, but for those that give out credentials. */
function isAudited({ verb, object, names, flags }: Command): boolean {
  if (verb === 'get') return object === 'user' && (names.length > 0 || flags.has('local'))
  return verb !== 'version' && object !== 'watch'
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
    // Who has too many watches can still end some.
    if (running.size >= mostCommands && parsed.command.object !== 'watch') {
      return refuse({ line, uuid }, 429, `at most ${mostCommands} commands may be under way on a connection`)
    }
    try {
      options.engine.accounts.admit(options.identity)
    } catch (error) {
      const { code, message } = failureOf(error)
      return refuse({ line, uuid }, code, message)
    }
    void perform(parsed.command, { line, uuid })
  }

  /** Answers what is not carried out; only who sent it is told. */
  function refuse(of: { line: string; uuid: string }, code: number, message: string) {
    const spoken: Spoken = { ...of, id: randomUUID(), ...doneWords }
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
    const tell = (frame: Frame) => mirror.tell(frame, speaker.user)
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
      principal: options.identity.principal,
      reached: options.reached,
      command,
      commandId: id,
      signal: AbortSignal.any([connection.ended, stop.signal]),
      voice,
      fork,
      reply: connection.send,
      tell,
      lost: connection.resync,
      stopWatches,
    }
    const { code, message, result } = await run(task).then(() => success, failureOf)
    running.delete(one)
    if (isAudited(command)) audit({ line, id, result })
    if (connection.ended.aborted) return
    const seconds = ((stamp() - begun) / 1e6).toFixed(6)
    tell(voice.end(code, message || `thread ${voice.threadId} terminated in ${seconds}s`))
  }

  function audit({ line, id, result }: { line: string; id: string; result: Outcome['result'] }) {
    const { engine, identity } = options
    const [verb = '', object = '', ...rest] = line.split(/\s+/)
    engine.audit.record({
      actor: identity.principal.name,
      credential: identity.credential,
      action: `${verb} ${object}`.slice(0, longestAudit),
      resource: rest.join(' ').slice(0, longestAudit),
      result: connection.ended.aborted && result === 'OK' ? 'Unknown' : result,
      surface: 'qbo',
      from: speaker.peer,
      requestId: id,
    })
  }

  function stopWatches(which: 'all' | readonly string[]): number {
    const stopped = [...running].filter(
      ({ watch, id, uuid }) => watch && (which === 'all' || which.some(word => word === uuid || id.startsWith(word))),
    )
    for (const each of stopped) each.stop.abort(new Error('the watch was stopped'))
    return stopped.length
  }

  function failureOf(thrown: unknown): Outcome {
    if (!(thrown instanceof GatewayError)) options.onError(thrown)
    const { code, status, detail, faults } = toGatewayError(thrown)
    const where = faults.map(fault => `${fault.where.replace(/^\/body/, '')} ${fault.what}`).join('; ')
    return { code: status, message: where === '' ? detail : `${detail}: ${where}`, result: code }
  }

  return { receive }
}
