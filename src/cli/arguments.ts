import { type Command, describeFault, type Fault } from '../api/qbo/grammar/command.ts'
import { parseCommand } from '../api/qbo/grammar/parse.ts'
import { helpFor, type Style } from './help.ts'
import { nearest } from './nearest.ts'
import { printable } from './text.ts'
import { version } from './version.ts'

/** What a command line asks for: a text to print, or a command for the gateway and its line. */
export type Request = { text: string } | { command: Command; cmd: string }

/**
 * Reads the arguments of the process. Throws an Error that says which word is wrong and, where one is near, what was
 * meant.
 */
export function readArguments(words: readonly string[], style: Style): Request {
  const [first] = words
  const beforeNames = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  if (first === undefined || first === 'help' || beforeNames.some(word => word === '--help' || word === '-h')) {
    const help = helpFor(first === 'help' ? words.slice(1) : beforeNames, style)
    if ('fault' in help) throw new Error(wordsOf(help.fault, style.program))
    return help
  }
  if (first === '--version' || first === '-v') return { text: `${style.program} ${version}` }
  words.forEach(requireWord)
  if (first.startsWith('-')) {
    const known = ['--help', '--version']
    throw new Error(wordsOf({ column: 1, word: first, message: 'stands before a command', known }, style.program))
  }
  const cmd = words.join(' ')
  const parsed = parseCommand(cmd)
  if ('fault' in parsed) throw new Error(wordsOf(parsed.fault, `${style.program}${knownPart(words)}`))
  return { command: parsed.command, cmd }
}

/** A command is a line of words: an argument with white space would be taken for several, an empty one for none. */
function requireWord(word: string, index: number): void {
  const place = `argument ${index + 1}`
  if (word === '') throw new Error(`${place} is empty: is a variable not set?`)
  if (/[\s\p{Cc}]/u.test(word)) {
    const shown = JSON.stringify(word.length > 64 ? `${word.slice(0, 63)}…` : word)
    throw new Error(`${place}, ${printable(shown)}, holds white space: each name and option is an argument of its own`)
  }
}

function wordsOf(fault: Fault, program: string): string {
  // The column of a word that can be seen helps nobody who wrote it as an argument.
  const said = printable(describeFault(fault).replace(/^column \d+: /, ''))
  const meant = nearest(fault.word, fault.known ?? [])
  return [said, ...(meant ? [`Did you mean ${meant}?`] : []), `See ${program} --help`].join('\n')
}

/** The verb and object that are right, to point at their help: ` get pods`. */
function knownPart(words: readonly string[]): string {
  for (const count of [2, 1]) {
    const part = words.slice(0, count)
    if (part.length === count && !part.some(word => word.startsWith('-')) && 'text' in helpFor(part, { program: '' }))
      return ` ${part.join(' ')}`
  }
  return ''
}
