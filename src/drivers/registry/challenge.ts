export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  scheme: string
  parameters: Record<string, string>
}

// A scheme, or a parameter of the scheme before it: name="quoted" or name=token.
const part = /([\w.-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?[\s,]*/gy

/** The challenges of a WWW-Authenticate header, in order; stops at what it cannot read (RFC 9110, section 11.6.1). */
export function parseChallenges(header: string | undefined): Challenge[] {
  const challenges: Challenge[] = []
  for (const [, word = '', quoted, token] of (header ?? '').trim().matchAll(part)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), parameters: {} })
    else Object.assign(challenges.at(-1)?.parameters ?? {}, { [word.toLowerCase()]: value })
  }
  return challenges
}
