/** A word is a key, a value or a worded operator: which one, its place decides. */
export interface Token {
  kind: 'word' | 'symbol' | 'end'
  text: string
  /** Counted from 1. */
  position: number
}

/** Splits a label selector, ending with an `end` token. Only space, tab, CR and LF separate, as in apimachinery's lexer. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(/([=!]=|[=!(),<>])|[^ \t\r\n=!(),<>]+/g)) {
    tokens.push({ kind: match[1] === undefined ? 'word' : 'symbol', text: match[0], position: match.index + 1 })
  }
  tokens.push({ kind: 'end', text: '', position: text.length + 1 })
  return tokens
}
