import { type Fault, faultAt, type Parsed, type Token, type Values } from './command.ts'
import type { Flag, Value, ValueOption } from './options.ts'
import { spellingOf, titleOf } from './spelling.ts'
import type { CommandSpec } from './table.ts'

/** Most characters of a name. */
const longestName = 253

interface Reading {
  spec: CommandSpec
  names: Token[]
  flags: Set<Flag>
  values: Values
}

/** Reads what follows verb and object: names and options, in any order. `end` is the column behind the line. */
export function readArguments(spec: CommandSpec, tokens: readonly Token[], end: number): Parsed {
  const reading: Reading = { spec, names: [], flags: new Set(), values: {} }
  const queue = [...tokens]
  let onlyNames = false
  for (let token = queue.shift(); token; token = queue.shift()) {
    let fault: Fault | undefined
    if (onlyNames || !token.text.startsWith('-') || token.text === '-') reading.names.push(token)
    else if (token.text === '--') onlyNames = true
    else if (token.text.startsWith('--')) fault = readLong(reading, token, queue)
    else fault = readShort(reading, token, queue)
    if (fault) return { fault }
  }
  const fault = checkNames(reading, end)
  if (fault) return { fault }
  const { flags, values } = reading
  return {
    command: { spec, verb: spec.verb, object: spec.object, names: reading.names.map(name => name.text), flags, values },
  }
}

/** `--nodes 3`, `--nodes=3`, `--all`. */
function readLong(reading: Reading, token: Token, queue: Token[]): Fault | undefined {
  const [name = '', ...glued] = token.text.slice(2).split('=')
  const option = reading.spec.options.find(each => each.long === name)
  if (!option) return unknown(reading.spec, token)
  if (option.kind === 'flag') {
    if (glued.length > 0) return faultAt(token, 'takes no value')
    reading.flags.add(option.name)
    return undefined
  }
  const value = glued.length > 0 ? { text: glued.join('='), column: token.column + name.length + 3 } : queue.shift()
  return takeValue(reading, option, token, value)
}

/** `-n 3`, `-n3`, `-A`, `-Aw`. */
function readShort(reading: Reading, token: Token, queue: Token[]): Fault | undefined {
  for (let index = 1; index < token.text.length; index += 1) {
    const letter = { text: `-${token.text[index]}`, column: token.column + index - 1 }
    const option = reading.spec.options.find(each => each.short === token.text[index])
    if (!option) return unknown(reading.spec, token.text.length === 2 ? token : letter)
    if (option.kind === 'flag') {
      reading.flags.add(option.name)
      continue
    }
    const glued = token.text.slice(index + 1)
    return takeValue(
      reading,
      option,
      letter,
      glued === '' ? queue.shift() : { text: glued, column: token.column + index + 1 },
    )
  }
  return undefined
}

function takeValue(reading: Reading, option: ValueOption, place: Token, value: Token | undefined): Fault | undefined {
  if (reading.values[option.name] !== undefined) return faultAt(place, 'is given twice')
  if (value === undefined || value.text === '') return faultAt(place, `needs a value, ${option.value}`)
  if (option.type === 'count') {
    const count = /^\d{1,9}$/.test(value.text) ? Number(value.text) : 0
    if (count < 1 || count > option.most) return faultAt(value, `must be a whole number from 1 to ${option.most}`)
    reading.values[option.name] = count
    return undefined
  }
  if (value.text.startsWith('-')) return faultAt(place, `needs a value, ${option.value}`)
  if (value.text.length > option.most) return faultAt(value, `has more than ${option.most} characters`)
  reading.values[option.name] = value.text
  return undefined
}

function checkNames({ spec, names, flags, values }: Reading, end: number): Fault | undefined {
  const [first] = names
  const takes = spec.names
  if (!takes) return first && faultAt(first, `is too much: ${titleOf(spec)} takes no names`)
  const beyond = names[takes.most]
  if (beyond)
    return faultAt(
      beyond,
      `is too much: ${titleOf(spec)} takes ${takes.most === 1 ? 'one name' : `at most ${takes.most} names`}`,
    )
  const long = names.find(name => name.text.length > longestName)
  if (long) return faultAt(long, `has more than ${longestName} characters`)
  if (first && flags.has('all')) return faultAt(first, 'cannot stand beside -A: give names or -A')
  const excused = flags.has('all') || takes.without?.some(name => isGiven({ flags, values }, name))
  if (first || excused || takes.least === 0) return undefined
  return { column: end, word: '', message: `${takes.name} is missing${takes.orAll ? ', or -A for all' : ''}` }
}

function isGiven({ flags, values }: Pick<Reading, 'flags' | 'values'>, name: Flag | Value): boolean {
  return Object.hasOwn(values, name) || [...flags].some(flag => flag === name)
}

function unknown(spec: CommandSpec, token: Token): Fault {
  const known = spec.options.map(spellingOf).join(', ')
  const message =
    known === '' ? `is no option: ${titleOf(spec)} has none` : `is no option of ${titleOf(spec)}: ${known}`
  return { ...faultAt(token, message), known: spec.options.map(option => `--${option.long}`) }
}
