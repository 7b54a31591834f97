import type { Kind } from './names.ts'
import type { InstanceRow } from './queries.ts'
import { type AnyBody, apiVersion, type ObjectMetadata } from './schema.ts'
import { redacted, type Secrets } from './secrets.ts'

const kindWords = { config: 'Config', environment: 'Environment', system: 'System' } as const

/** What is stored of a body: without what the server says itself, secrets by name only. */
export function bodyText(kind: Kind, id: string, body: AnyBody): string {
  const { id: _id, metadata: _metadata, status: _status, kind: given, apiVersion: version, ...rest } = body
  return JSON.stringify({
    id,
    kind: given ?? kindWords[kind],
    apiVersion: version ?? apiVersion,
    ...rest,
    ...(rest.secrets ? { secrets: hide(rest.secrets) } : {}),
    ...(kind === 'system' && !rest.apps ? { apps: {} } : {}),
    status: {},
  })
}

function hide(secrets: Secrets): Secrets {
  return Object.fromEntries(Object.keys(secrets).map(name => [name, redacted]))
}

/** Metadata as it is shown: `{name, title, description}`, each only where there is one. */
export function metadataOf(of: { name: string; title: string | null; description: string | null }): ObjectMetadata {
  const { name, title, description } = of
  return { name, ...(title ? { title } : {}), ...(description ? { description } : {}) }
}

/** An instance as it is shown, JSON. The stored text is not parsed for that. */
export function objectText(row: InstanceRow): string {
  return `${row.body.slice(0, -1)},"metadata":${JSON.stringify(metadataOf(row))}}`
}
