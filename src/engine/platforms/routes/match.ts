/**
 * The match language of http routes:
 *
 *     or      = and { "||" and }
 *     and     = unary { "&&" unary }
 *     unary   = "!" unary | "(" or ")" | call
 *     call    = name "(" text { "," text } ")"
 *     text    = `…` | "…" | '…'          (no escapes)
 */
export type Match =
  | { kind: 'or' | 'and'; of: Match[] }
  | { kind: 'not'; of: Match }
  | { kind: 'call'; name: CallName; texts: string[] }

export const callNames = ['Path', 'PathPrefix', 'Host', 'Method'] as const
export type CallName = (typeof callNames)[number]

/** A match that is not of the language, or that Kubernetes cannot express; the message says what and where. */
export class MatchError extends Error {
  override readonly name = 'MatchError'
}

const longest = 2048
const deepest = 32

interface Token {
  kind: 'name' | 'text' | 'sign' | 'end'
  value: string
  /** Counted from 1. */
  at: number
}

/** Throws MatchError. */
export function parseMatch(source: string): Match {
  if (source.length > longest) throw new MatchError(`may have at most ${longest} characters`)
  const tokens = tokenize(source)
  let position = 0
  const peek = (): Token => tokens[position] ?? { kind: 'end', value: '', at: source.length + 1 }
  const isSign = (value: string) => peek().kind === 'sign' && peek().value === value

  function expected(what: string): MatchError {
    const { kind, value, at } = peek()
    return new MatchError(`expected ${what} at ${at}, found ${kind === 'end' ? 'the end' : value}`)
  }

  function take(value: string): void {
    if (!isSign(value)) throw expected(value)
    position += 1
  }

  function list(kind: 'or' | 'and', sign: string, part: () => Match): Match {
    const first = part()
    const of = [first]
    while (isSign(sign)) {
      position += 1
      of.push(part())
    }
    return of.length === 1 ? first : { kind, of }
  }

  function or(depth: number): Match {
    if (depth > deepest) throw new MatchError(`is nested more than ${deepest} deep`)
    return list('or', '||', () => list('and', '&&', () => unary(depth)))
  }

  function unary(depth: number): Match {
    if (depth > deepest) throw new MatchError(`is nested more than ${deepest} deep`)
    if (isSign('!')) {
      position += 1
      return { kind: 'not', of: unary(depth + 1) }
    }
    if (isSign('(')) {
      position += 1
      const inner = or(depth + 1)
      take(')')
      return inner
    }
    return call()
  }

  function call(): Match {
    const { kind, value } = peek()
    const name = callNames.find(each => each === value)
    if (kind !== 'name' || name === undefined) throw expected(callNames.join(', '))
    position += 1
    take('(')
    const texts = [text()]
    while (isSign(',')) {
      position += 1
      texts.push(text())
    }
    take(')')
    return { kind: 'call', name, texts }
  }

  function text(): string {
    const { kind, value } = peek()
    if (kind !== 'text') throw expected('a text in backquotes')
    position += 1
    return value
  }

  const match = or(0)
  if (peek().kind !== 'end') throw expected('&&, || or the end')
  return match
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  const pattern = /\s+|([A-Za-z]+)|`([^`]*)`|"([^"]*)"|'([^']*)'|(&&|\|\||[!(),])/y
  while (pattern.lastIndex < source.length) {
    const at = pattern.lastIndex + 1
    const found = pattern.exec(source)
    if (!found) throw new MatchError(`cannot read what is at ${at}`)
    const [, name, tick, double, single, sign] = found
    const text = tick ?? double ?? single
    if (name !== undefined) tokens.push({ kind: 'name', value: name, at })
    else if (text !== undefined) tokens.push({ kind: 'text', value: text, at })
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, at })
  }
  return tokens
}
