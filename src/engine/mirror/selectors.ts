import { GatewayError } from '../../errors.ts'
import { type Token, tokenize } from './selectorTokens.ts'

export type Operator = '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin' | 'exists' | '!'

export interface Requirement {
  key: string
  operator: Operator
  /** Sorted, each once; none for `exists` and `!`, exactly one for `=`, `==`, `!=`, `>`, `<`. */
  values: string[]
}

/** All requirements must hold; they are sorted by key. None at all holds for every object. */
export type Selector = readonly Requirement[]

/**
 * Parses Kubernetes' label selectors: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined
 * by commas. Grammar and limits are those of apimachinery's labels.Parse, which is stricter in one place: it refuses an
 * empty value between a comma and the end of a set when another one precedes it, as in `a in (b,,)`.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * @throws {GatewayError} InvalidRequest that names `where` and the position, counted from 1.
 */
export function parseSelector(text: string, where = '/query/labelSelector'): Selector {
  const tokens = tokenize(text)
  let at = 0
  const peek = (): Token => tokens[at] ?? { kind: 'end', text: '', position: text.length + 1 }
  const take = (): Token => {
    const token = peek()
    at += 1
    return token
  }
  const refuse = (position: number, what: string): never => {
    throw new GatewayError('InvalidRequest', `The label selector is not valid: ${what}, at character ${position}.`, {
      faults: [{ where, what: `${what}, at character ${position}` }],
    })
  }
  const expected = (what: string, token: Token): never =>
    refuse(token.position, `found ${token.kind === 'end' ? 'the end' : `'${token.text}'`} where ${what} is expected`)

  function key(): string {
    const token = take()
    if (token.kind !== 'word') return expected("a key or '!'", token)
    const fault = faultOfKey(token.text)
    return fault ? refuse(token.position, `the key '${token.text}' ${fault}`) : token.text
  }

  function value(): string {
    const token = peek()
    if (token.kind !== 'word') return ''
    at += 1
    const fault = faultOfValue(token.text)
    return fault ? refuse(token.position, `the value '${token.text}' ${fault}`) : token.text
  }

  function values(): string[] {
    const open = take()
    if (open.text !== '(') return expected("'('", open)
    const found = [value()]
    while (peek().text === ',') {
      at += 1
      found.push(value())
    }
    const close = take()
    return close.text === ')' ? [...new Set(found)].sort() : expected("',' or ')'", close)
  }

  function requirement(): Requirement {
    if (peek().text === '!') {
      at += 1
      return { key: key(), operator: '!', values: [] }
    }
    const name = key()
    if (endsRequirement(peek())) return { key: name, operator: 'exists', values: [] }
    const token = take()
    const operator = token.text
    if (operator === 'in' || operator === 'notin') return { key: name, operator, values: values() }
    if (!isBinary(operator)) return expected('an operator', token)
    const { position } = peek()
    const operand = value()
    if ((operator === '>' || operator === '<') && integerOf(operand) === undefined) {
      return refuse(position, `'${operator}' needs a 64-bit integer`)
    }
    return { key: name, operator, values: [operand] }
  }

  if (peek().kind === 'end') return []
  const requirements = [requirement()]
  while (peek().text === ',') {
    at += 1
    requirements.push(requirement())
  }
  if (peek().kind !== 'end') expected("',' or the end", peek())
  return requirements.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
}

/** The selector as text; `parseSelector` gives the same selector again. */
export function printSelector(selector: Selector): string {
  return selector.map(printRequirement).join(',')
}

/** `!=` and `notin` hold for objects without the key; `>` and `<` only where the label is a 64-bit integer. */
export function matchesSelector(selector: Selector, labels: Readonly<Record<string, string>> = {}): boolean {
  return selector.every(requirement => holds(requirement, labels))
}

function holds({ key, operator, values }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const label = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'exists':
      return label !== undefined
    case '!':
      return label === undefined
    case '=':
    case '==':
    case 'in':
      return label !== undefined && values.includes(label)
    case '!=':
    case 'notin':
      return label === undefined || !values.includes(label)
    case '>':
    case '<': {
      const have = integerOf(label)
      const limit = integerOf(values[0])
      if (have === undefined || limit === undefined) return false
      return operator === '>' ? have > limit : have < limit
    }
  }
}

function printRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`
    default:
      return `${key}${operator}${values.join()}`
  }
}

function endsRequirement(token: Token): boolean {
  return token.kind === 'end' || token.text === ','
}

function isBinary(text: string): text is '=' | '==' | '!=' | '>' | '<' {
  return ['=', '==', '!=', '>', '<'].includes(text)
}

function integerOf(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d{1,63}$/.test(text)) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  return value === BigInt.asIntN(64, value) ? value : undefined
}

const nameForm = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const prefixForm = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

function faultOfKey(key: string): string | undefined {
  const parts = key.split('/')
  const name = parts.pop() ?? ''
  const [prefix, ...rest] = parts
  if (rest.length > 0) return "has more than one '/'"
  if (prefix !== undefined && (prefix.length > 253 || !prefixForm.test(prefix))) {
    return 'needs a lower-case DNS name of at most 253 characters as its prefix'
  }
  return faultOfName(name)
}

function faultOfValue(value: string): string | undefined {
  return value === '' ? undefined : faultOfName(value)
}

function faultOfName(name: string): string | undefined {
  if (name.length > 63) return 'is longer than 63 characters'
  return nameForm.test(name) ? undefined : "must be letters, digits, '-', '_', '.', with a letter or digit at both ends"
}
