import { type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'

/** An object that has these properties and no others: a key it does not know is an error, never dropped. */
export function closed<T extends TProperties>(
  properties: T,
  options: { $id?: string; title?: string; description?: string; examples?: unknown[]; minProperties?: number } = {},
): TObject<T> {
  return Type.Object(properties, { ...options, additionalProperties: false })
}

export function nullable<T extends TSchema>(schema: T, description: string) {
  return Type.Union([schema, Type.Null()], { description })
}

export function timestamp(description: string) {
  return Type.String({ format: 'date-time', description, examples: ['2026-11-21T08:00:00.000Z'] })
}

export const uuid = (description: string) =>
  Type.String({ format: 'uuid', description, examples: ['718bef86-7dfe-46c0-bf4e-3dfea83c6c28'] })

/** What every resource carries about itself, as in Kubernetes. */
export const metadataSchema = closed(
  {
    resourceVersion: Type.String({
      description: 'Changes with every change of the resource; opaque, to be compared for equality only',
      pattern: '^\\d+$',
      examples: ['1763712000000042'],
    }),
    createdAt: nullable(timestamp(''), 'When the resource was asked for; null where that is not known'),
    generation: Type.Integer({ minimum: 0, description: 'Counts the changes of what is wanted' }),
  },
  { description: 'About the resource itself' },
)

// As Kubernetes takes them (apimachinery: validation.IsQualifiedName, IsValidLabelValue).
const labelKey = Type.String({
  pattern: '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$',
})
const labelValue = Type.String({ pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$' })

export const labelsSchema = Type.Record(labelKey, labelValue, {
  additionalProperties: false,
  maxProperties: 64,
  description: 'Labels to select by, in the syntax of Kubernetes',
  examples: [{ team: 'payments' }],
})

/** Changes of labels as in a JSON merge patch (RFC 7396): null removes one, those not named stay. */
export const labelsPatchSchema = Type.Record(labelKey, Type.Union([labelValue, Type.Null()]), {
  additionalProperties: false,
  maxProperties: 64,
  description: 'Labels to set; null removes one, those that are not named stay',
  examples: [{ team: 'payments', tier: null }],
})

export const simulatedField = Type.Boolean({ description: 'True on what the simulated runtime invents' })
export const ownerField = nullable(Type.String(), 'The user it belongs to; null for what nobody here made')
