import type { ErrorObject } from 'ajv'
import type { Fault } from '../../errors.ts'
import { escapePointer } from './json.ts'

const mostFaults = 32

/** What Ajv found, in words for people; `part` is the part of the request: body, query, headers. */
export function faultsOf(errors: readonly ErrorObject[], part: string): Fault[] {
  const considered = errors.slice(0, 8 * mostFaults)
  const unions = considered.filter(error => error.keyword === 'anyOf')
  const faults = considered
    .filter(error => !unions.some(union => error.schemaPath.startsWith(`${union.schemaPath}/`)))
    .map(error => ({ where: `/${part}${whereOf(error)}`, what: whatOf(error) }))
  if (faults.length <= mostFaults) return faults
  return [...faults.slice(0, mostFaults), { where: `/${part}`, what: 'has more faults, which are not listed' }]
}

function whereOf({ keyword, instancePath, params }: ErrorObject): string {
  if (keyword === 'required') return `${instancePath}/${escapePointer(String(params.missingProperty))}`
  if (keyword === 'additionalProperties') return `${instancePath}/${escapePointer(String(params.additionalProperty))}`
  return instancePath
}

function whatOf(error: ErrorObject): string {
  const { keyword, params } = error
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return unknownKey(error)
    case 'type':
      return Array.isArray(error.data) && params.type !== 'array' && params.type !== 'object'
        ? `must be one ${nouns[params.type] ?? params.type}, given once`
        : `must be ${withArticle(nouns[params.type] ?? String(params.type))}`
    case 'minimum':
      return `must be at least ${params.limit}`
    case 'maximum':
      return `must be at most ${params.limit}`
    case 'minLength':
      return `must have at least ${count(params.limit, 'character')}`
    case 'maxLength':
      return `must have at most ${count(params.limit, 'character')}`
    case 'minProperties':
      return `must have at least ${count(params.limit, 'key')}${known(error)}`
    case 'maxProperties':
      return `must have at most ${count(params.limit, 'key')}`
    case 'pattern':
      return `must match ${params.pattern}${described(error)}`
    case 'format':
      return `must be in the form ${params.format}`
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue)}`
    case 'anyOf':
      return `must be ${alternatives(error)}`
    default:
      return error.message ?? 'is not valid'
  }
}

const nouns: Record<string, string> = {
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  string: 'string',
  object: 'object',
  array: 'array',
}

function withArticle(noun: string): string {
  if (noun.startsWith('true')) return noun
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function unknownKey(error: ErrorObject): string {
  const key = JSON.stringify(String(error.params.additionalProperty).slice(0, 128))
  const patterns = keysOf(error, 'patternProperties')
  if (patterns.length > 0) return `the key ${key} must match ${patterns.join(' or ')}`
  return `the key ${key} is not known here${known(error)}`
}

function known(error: ErrorObject): string {
  const keys = keysOf(error, 'properties')
  return keys.length > 0 ? `; known: ${keys.join(', ')}` : ''
}

function keysOf({ parentSchema }: ErrorObject, member: string): string[] {
  const value: unknown = parentSchema?.[member]
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}

function described({ parentSchema }: ErrorObject): string {
  const description: unknown = parentSchema?.description
  return typeof description === 'string' && description !== '' ? `: ${description}` : ''
}

function alternatives({ schema }: ErrorObject): string {
  const branches: unknown[] = Array.isArray(schema) ? schema : []
  return `one of ${branches.map(alternative).join(', ')}`
}

function alternative(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'anything'
  if ('const' in schema) return JSON.stringify(schema.const)
  return 'type' in schema ? withArticle(nouns[String(schema.type)] ?? String(schema.type)) : 'something else'
}
