import type { Count, Flag, Text } from './options.ts'
import type { CommandSpec } from './table.ts'
import type { ObjectKind, Verb } from './vocabulary.ts'

/** A command line that was understood. */
export interface Command {
  spec: CommandSpec
  verb: Verb
  object: ObjectKind | undefined
  names: string[]
  flags: ReadonlySet<Flag>
  values: Values
}

export type Values = Partial<Record<Text, string> & Record<Count, number>>

/** What is wrong with a command line, and where. */
export interface Fault {
  /** The column it is at, counted from 1; one behind the end for what is missing. */
  column: number
  /** The word it is about; empty for what is missing. */
  word: string
  message: string
  /** The words that could stand there, where it is none of them. */
  known?: readonly string[]
}

export type Parsed = { command: Command } | { fault: Fault }

/** A word of a line. */
export interface Token {
  text: string
  /** Where it begins in the line, counted from 1. */
  column: number
}

export function faultAt(token: Token, message: string): Fault {
  return { column: token.column, word: token.text, message }
}

/** A fault in words: `column 5: "cluser" is no object of get: …`. */
export function describeFault({ column, word, message }: Fault): string {
  return word === ''
    ? `column ${column}: ${message}`
    : `column ${column}: ${JSON.stringify(shortened(word))} ${message}`
}

function shortened(word: string): string {
  return word.length > 64 ? `${word.slice(0, 63)}…` : word
}
