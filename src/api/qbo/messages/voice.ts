import { STATUS_CODES } from 'node:http'
import type { ApicommandWord, CommandWord, SubcommandWord } from './envelope.schema.ts'
import { doneWords } from './envelope.ts'
import { type Frame, textFrame } from './frame.ts'
import type { Kind } from './messages.ts'

/** What the messages of a connection have in common. */
export interface Speaker {
  user: string
  agent: string
  peer: string
  host: string
  wsi: string
}

/** What the messages of a command have in common. */
export interface Spoken {
  id: string
  line: string
  uuid: string
  command: CommandWord
  subcommand: SubcommandWord
  apicommand: ApicommandWord
}

/** Makes the messages of one thread of a command, each as a frame that any number of connections can be sent. */
export interface Voice {
  readonly threadId: number
  /** A message whose elements are JSON texts, separated by commas. */
  say(key: Kind, elements: string, code?: number): Frame
  /** A message that begins with what `changeText` made. */
  pass(change: Buffer): Frame
  /** The last message of the command. */
  end(code: number, message: string): Frame
}

export function createVoice(of: {
  speaker: Speaker
  spoken: Spoken
  threadId: number
  /** The time, microseconds since the epoch. */
  stamp(): number
}): Voice {
  const { speaker, spoken, threadId, stamp } = of

  /** The envelope behind `timestamp`, in the order of the samples. */
  function envelope(code: number, done?: { callback: string }): string {
    const words = done
      ? { ...doneWords, ...done }
      : { command: spoken.command, subcommand: spoken.subcommand, apicommand: spoken.apicommand }
    const members = {
      status: STATUS_CODES[code] ?? '',
      code,
      command_id: spoken.id,
      command_line: `qbo ${spoken.line}`,
      ...words,
      uuid: spoken.uuid,
      user: speaker.user,
      agent: speaker.agent,
      peer: speaker.peer,
      host: speaker.host,
      source: 'qbo',
      wsi: speaker.wsi,
      thread_id: threadId,
      vhost: 'proxy',
    }
    return `,${JSON.stringify(members).slice(1)}`
  }

  const ok = Buffer.from(envelope(200))
  return {
    threadId,
    say: (key, elements, code = 200) =>
      textFrame(changeText(key, elements, stamp()), code === 200 ? ok : Buffer.from(envelope(code))),
    pass: change => textFrame(change, ok),
    end: (code, message) =>
      textFrame(
        changeText('output', JSON.stringify({ message }), stamp()),
        Buffer.from(envelope(code, { callback: '' })),
      ),
  }
}

/** A message's beginning, which is the same for everybody: data and time. */
export function changeText(key: Kind, elements: string, timestamp: number): Buffer {
  return Buffer.from(`{"${key}":[${elements}],"timestamp":${timestamp}`)
}

/** Microseconds since the epoch, never the same twice. */
export function createStamps(now: () => number): () => number {
  let last = 0
  return () => {
    last = Math.max(last + 1, Math.round(now() * 1000))
    return last
  }
}
