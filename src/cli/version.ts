import { readFileSync } from 'node:fs'

/** The version of this client, which is the gateway's of the same checkout. */
export const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)
