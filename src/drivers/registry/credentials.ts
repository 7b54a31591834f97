import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { RegistryCredentials } from '../registry.ts'
import { parseReference } from './reference.ts'

const settingSchema = Type.Record(
  Type.String(),
  Type.Object({ username: Type.String(), password: Type.String() }, { additionalProperties: false }),
)

/**
 * Reads the setting REGISTRY_CREDENTIALS: a JSON object of credentials by host, which count for the host as references name
 * it, `docker.io` for all names of Docker Hub. Empty: none. Throws Error, whose message holds no credentials.
 */
export function parseRegistryCredentials(setting: string): ReadonlyMap<string, RegistryCredentials> {
  const given = setting === '' ? {} : parseJson(setting)
  if (!Value.Check(settingSchema, given)) throw new Error(`is not ${form}`)
  return new Map(Object.entries(given).map(([host, credentials]) => [hostOf(host), credentials]))
}

const form = 'a JSON object such as {"registry.example.com":{"username":"ann","password":"…"}}'

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes what it read.
    throw new Error(`is not ${form}`)
  }
}

function hostOf(name: string): string {
  const host = name.includes('/') ? undefined : parseReference(`${name}/a/b`)
  // Without dot and colon it would be read as the first part of a repository.
  if (host?.repository !== 'a/b') throw new Error(`names ${JSON.stringify(name)}, which is no host`)
  return host.host
}
