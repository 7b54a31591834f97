import type { Principal } from '../../../engine/accounts/principal.ts'
import type { Engine } from '../../../engine/api.ts'
import type { Source } from '../elements/source.ts'
import type { Command } from '../grammar/command.ts'
import type { ObjectKind } from '../grammar/vocabulary.ts'
import type { Frame } from '../messages/frame.ts'
import type { Voice } from '../messages/voice.ts'

/** How the client reached the gateway. */
export interface Reached {
  host: string
  port: number
}

/** A command under way: what it is, who gave it, and where its messages go. */
export interface Task {
  readonly engine: Engine
  readonly sources: Sources
  readonly principal: Principal
  readonly reached: Reached
  readonly command: Command
  readonly commandId: string
  /** Aborts when the connection ends, or when the command is told to stop. */
  readonly signal: AbortSignal
  /** The command's first thread. */
  readonly voice: Voice
  /** Begins a further thread, and says so. */
  fork(): Voice
  /** Sends to who gave the command. */
  reply(frame: Frame): void
  /** Sends to the whole mirror. */
  tell(frame: Frame): void
  /** The client has missed something. */
  lost(): void
  /** Ends watches of this connection; how many. */
  stopWatches(which: 'all' | readonly string[]): number
}

export type Sources = Partial<Record<ObjectKind, Source>>
