import type { Token } from './command.ts'
import type { Word } from './vocabulary.ts'

/** The words of a line. Whatever is white space separates them; there is no quoting. */
export function tokensOf(line: string): Token[] {
  return [...line.matchAll(/\S+/g)].map(match => ({ text: match[0], column: match.index + 1 }))
}

/**
 * What a word stands for: one of its forms, else what only it begins. `several` lists what an ambiguous beginning
 * could stand for.
 */
export function matchWord<Name extends string, W extends Word<Name>>(
  text: string,
  among: readonly W[],
): { one: W } | { several: W[] } {
  const exact = among.find(entry => entry.words.includes(text))
  if (exact) return { one: exact }
  const begun = among.filter(entry => entry.words.some(word => word.startsWith(text)))
  const [only, ...others] = begun
  return only && others.length === 0 ? { one: only } : { several: begun }
}
