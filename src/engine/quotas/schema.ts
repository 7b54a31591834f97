import { type Static, Type } from '@sinclair/typebox'
import { closed, nullable } from '../schema.ts'

/** What there can be a limit to, for each user. */
export const quotaNames = ['clusters', 'nodes', 'connections', 'requestsPerMinute'] as const
export type QuotaName = (typeof quotaNames)[number]

/** A limit for each; null where there is none. */
export type Quotas = Record<QuotaName, number | null>

/** What an admin has set for a user; what is missing is as the settings say. */
export type QuotaOverrides = Partial<Record<QuotaName, number>>

const meanings = {
  clusters: 'Clusters that the user may own',
  nodes: 'Nodes of all the clusters that the user owns',
  connections: 'Watches and WebSockets open at a time',
  requestsPerMinute: 'Requests: so many at once, and as many again over a minute',
} as const satisfies Record<QuotaName, string>

const limit = Type.Integer({ minimum: 0, maximum: 1_000_000 })

export const quotasSchema = closed(
  {
    clusters: nullable(limit, meanings.clusters),
    nodes: nullable(limit, meanings.nodes),
    connections: nullable(limit, meanings.connections),
    requestsPerMinute: nullable(limit, meanings.requestsPerMinute),
  },
  { description: 'What the user may use; null: no limit. Admins have none but those set for them' },
)

const override = (name: QuotaName, minimum: number) =>
  Type.Optional(
    nullable(Type.Integer({ minimum, maximum: 1_000_000 }), `${meanings[name]}; null: as the settings say again`),
  )

export const quotasPatchSchema = closed(
  {
    clusters: override('clusters', 0),
    nodes: override('nodes', 0),
    connections: override('connections', 0),
    // Who is to have none is disabled.
    requestsPerMinute: override('requestsPerMinute', 1),
  },
  {
    description: 'Limits of this user instead of those of the settings; those that are not named stay',
    minProperties: 1,
  },
)
export type QuotasPatch = Static<typeof quotasPatchSchema>

/** The limits that count for a user. */
export function effectiveQuotas(
  { admin, quotas }: { admin: boolean; quotas: QuotaOverrides },
  defaults: Record<QuotaName, number>,
): Quotas {
  const of = (name: QuotaName) => quotas[name] ?? (admin ? null : defaults[name])
  return {
    clusters: of('clusters'),
    nodes: of('nodes'),
    connections: of('connections'),
    requestsPerMinute: of('requestsPerMinute'),
  }
}
