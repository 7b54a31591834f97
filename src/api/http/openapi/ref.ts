import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** A reference to a schema that is registered under its `$id`. */
export function ref<T extends TSchema>(schema: T) {
  return Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#` })
}
