import { readArguments } from './arguments.ts'
import { type Fault, faultAt, type Parsed, type Token } from './command.ts'
import { type CommandSpec, commands } from './table.ts'
import { objects, type Verb, verbs, type Word } from './vocabulary.ts'
import { matchWord, tokensOf } from './words.ts'

/** Most characters of a command line. */
export const longestLine = 4096

/** Reads a command line, with or without `qbo` before it. Never throws. */
export function parseCommand(line: string): Parsed {
  const end = { text: '', column: line.length + 1 }
  if (line.length > longestLine) {
    return { fault: { column: longestLine + 1, word: '', message: `a command has at most ${longestLine} characters` } }
  }
  const [first, ...following] = tokensOf(line)
  const tokens = first?.text === 'qbo' ? following : first ? [first, ...following] : []
  const [verbToken = end, ...rest] = tokens
  const verb = readVerb(verbToken)
  if ('fault' in verb) return verb
  const alone = commands.find(spec => spec.verb === verb.found && spec.object === undefined)
  if (alone) return readArguments(alone, rest, end.column)
  const [objectToken = end, ...others] = rest
  const spec = readObject(verb.found, objectToken)
  if ('fault' in spec) return spec
  return readArguments(spec.found, others, end.column)
}

/** The verb that a word stands for. */
export function readVerb(token: Token): { found: Verb } | { fault: Fault } {
  const verb = lookUp(token, verbs, 'verb')
  return 'fault' in verb ? verb : { found: verb.found.name }
}

/** The command of a verb that a word names the object of. */
export function readObject(verb: Verb, token: Token): { found: CommandSpec } | { fault: Fault } {
  const specs = commands.filter(spec => spec.verb === verb)
  const known = objects.filter(object => specs.some(spec => spec.object === object.name))
  const object = lookUp(token, known, `object of ${verb}`)
  if ('fault' in object) return object
  const found = specs.find(each => each.object === object.found.name)
  return found ? { found } : { fault: faultAt(token, `${verb} has no such object`) }
}

function lookUp<Name extends string, W extends Word<Name>>(
  token: Token,
  among: readonly W[],
  what: string,
): { found: W } | { fault: Fault } {
  const list = among.map(entry => entry.words[0]).join(', ')
  if (token.text === '')
    return { fault: faultAt(token, `${what.startsWith('o') ? 'an' : 'a'} ${what} is missing: ${list}`) }
  const match = matchWord<Name, W>(token.text, among)
  if ('one' in match) return { found: match.one }
  const known = among.flatMap(entry => entry.words)
  if (match.several.length === 0) return { fault: { ...faultAt(token, `is no ${what}: ${list}`), known } }
  return { fault: faultAt(token, `could be ${match.several.map(entry => entry.words[0]).join(' or ')}`) }
}
