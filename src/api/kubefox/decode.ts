import type { Static, TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { varSchema } from '../../engine/refs/schema.ts'
import { GatewayError } from '../../errors.ts'
import { kindOf } from './path.ts'

/** The members of a JSON schema that decoding goes by. */
interface Shape {
  $id?: string
  title?: string
  type?: string
  properties?: Record<string, Shape>
  additionalProperties?: unknown
  patternProperties?: Record<string, Shape>
  items?: Shape
  anyOf?: Shape[]
  maxLength?: number
  pattern?: string
}

/**
 * Makes a decoder as strict as the original's (encoding/json with DisallowUnknownFields): a field that the schema does
 * not know and a value of another type are errors in Go's words; null counts as absent, where it says nothing itself.
 * Decoders throw InvalidRequest.
 */
export function decoderOf<T extends TSchema>(schema: T): (value: unknown) => Static<T> {
  const check = TypeCompiler.Compile(schema)
  const type = schema.$id?.replace('KubeFox', '') ?? 'Object'
  return value => {
    const decoded = decode(schema, value, { type, path: [] })
    if (check.Check(decoded)) return decoded
    const first = check.Errors(decoded).First()
    throw new GatewayError('InvalidRequest', `json: ${first?.path ?? ''} ${first?.message ?? 'does not fit'}`)
  }
}

interface At {
  type: string
  path: string[]
}

function decode(shape: Shape, value: unknown, at: At): unknown {
  if (shape.title === varSchema.title) return decodeVar(value)
  if (shape.anyOf) {
    const [one = {}] = shape.anyOf.filter(branch => branch.type !== 'null')
    return value === null ? null : decode(one, value, at)
  }
  switch (shape.type) {
    case 'object':
      return decodeObject(shape, value, at)
    case 'array':
      if (!Array.isArray(value)) throw mismatch(value, 'slice', at)
      return value.map((item, index) => decode(shape.items ?? {}, item, below(at, String(index))))
    case 'string':
      return decodeString(shape, value, at)
    case 'integer':
      if (!Number.isSafeInteger(value)) throw mismatch(value, 'int', at)
      return value
    default:
      return value
  }
}

function decodeString({ maxLength, pattern }: Shape, value: unknown, at: At): string {
  if (typeof value !== 'string') throw mismatch(value, 'string', at)
  const field = at.path.join('.')
  if (value.includes('\0')) throw new GatewayError('InvalidRequest', `${field} has the character NUL`)
  if (maxLength !== undefined && value.length > maxLength)
    throw new GatewayError('InvalidRequest', `${field} has more than ${maxLength} characters`)
  if (pattern !== undefined && !new RegExp(pattern).test(value))
    throw new GatewayError('InvalidRequest', `${field} must match ${pattern}`)
  return value
}

function decodeObject(shape: Shape, value: unknown, at: At): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mismatch(value, shape.patternProperties ? 'map' : 'struct', at)
  const { properties = {}, patternProperties } = shape
  const [entry] = Object.values(patternProperties ?? {})
  if (!entry && shape.additionalProperties !== false) return value
  const decoded: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    const of = entry ?? (Object.hasOwn(properties, key) ? properties[key] : undefined)
    if (!of) throw new GatewayError('InvalidRequest', `json: unknown field ${JSON.stringify(key.slice(0, 128))}`)
    if (member === null && !of.anyOf?.some(branch => branch.type === 'null')) continue
    Object.defineProperty(decoded, key, {
      value: decode(of, member, below(at, key)),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return decoded
}

function below({ type, path }: At, key: string): At {
  return { type, path: [...path, key] }
}

function decodeVar(value: unknown): unknown {
  if (Array.isArray(value)) {
    const [first] = value
    const uniform = value.every(item => typeof item === typeof first)
    if (uniform && (first === undefined || typeof first === 'number' || typeof first === 'string')) return value
    throw new GatewayError('InvalidRequest', 'array values must be of type number or string')
  }
  if (typeof value === 'object')
    throw new GatewayError(
      'InvalidRequest',
      'value must be type boolean, number, string, []number, or []string; nested objects are not supported',
    )
  return value
}

function mismatch(value: unknown, goType: string, { type, path }: At): GatewayError {
  const word = Array.isArray(value) ? 'array' : value === null ? 'null' : wordOf(typeof value)
  const into = path.length > 0 ? `Go struct field ${[type, ...path].join('.').slice(0, 256)}` : 'Go value'
  return new GatewayError('InvalidRequest', `json: cannot unmarshal ${word} into ${into} of type ${goType}`)
}

function wordOf(type: string): string {
  return type === 'boolean' ? 'bool' : type
}

const kindWords = { config: 'Config', environment: 'Environment', system: 'System', platform: 'Platform' } as const

/** A body with its `kind` as the original writes it. Throws InvalidRequest for a kind there is none of. */
export function withKind<T extends { kind?: string }>(body: T): T {
  if (!body.kind) return body
  const kind = kindOf(body.kind)
  if (kind === undefined && !/^(deployment|release)s?$/i.test(body.kind))
    throw new GatewayError('InvalidRequest', `invalid uri: invalid kind ${body.kind.slice(0, 64)}`)
  return kind === undefined ? body : { ...body, kind: kindWords[kind] }
}
