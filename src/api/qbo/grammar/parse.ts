import { readArguments } from './arguments.ts'
import { type Fault, faultAt, type Parsed, type Token } from './command.ts'
import { commands, objects, verbs, type Word } from './table.ts'
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
  const verb = lookUp(verbToken, verbs, 'verb')
  if ('fault' in verb) return verb
  const specs = commands.filter(spec => spec.verb === verb.found.name)
  const alone = specs.find(spec => spec.object === undefined)
  if (alone) return readArguments(alone, rest, end.column)
  const [objectToken = end, ...others] = rest
  const known = objects.filter(object => specs.some(spec => spec.object === object.name))
  const object = lookUp(objectToken, known, `object of ${verb.found.name}`)
  if ('fault' in object) return object
  const spec = specs.find(each => each.object === object.found.name)
  if (!spec) return { fault: faultAt(objectToken, `${verb.found.name} has no such object`) }
  return readArguments(spec, others, end.column)
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
  if (match.several.length === 0) return { fault: faultAt(token, `is no ${what}: ${list}`) }
  return { fault: faultAt(token, `could be ${match.several.map(entry => entry.words[0]).join(' or ')}`) }
}
