import path from 'node:path'
import { Ajv } from 'ajv'
import { type Settings, settingsSchema } from './config.ts'
import { formats } from './config-formats.ts'

/** A setting that is not what the schema says; the message names it. */
export class SettingError extends Error {}

/** Reads the settings from an environment. Throws SettingError for the first value that is malformed. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given: Record<string, unknown> = {}
  for (const name of Object.keys(settingsSchema.properties)) {
    const value = environment[name]
    if (value !== undefined && value !== '') given[name] = value
  }
  const ajv = new Ajv({ coerceTypes: true, useDefaults: true, verbose: true, strict: false })
  for (const [name, { holds }] of Object.entries(formats)) ajv.addFormat(name, holds)
  const validate = ajv.compile<Settings>(settingsSchema)
  if (!validate(given)) {
    const name = validate.errors?.[0]?.instancePath.slice(1) ?? ''
    const schema = Object.entries(settingsSchema.properties).find(([key]) => key === name)?.[1]
    throw new SettingError(`${name}=${environment[name]} is not valid: ${schema ? expectation(schema) : ''}`)
  }
  return { ...given, DATA_DIR: path.resolve(given.DATA_DIR) }
}

interface Described {
  description?: string
  default?: unknown
  type?: string
  minimum?: number
  maximum?: number
  pattern?: string
  format?: string
  anyOf?: { const: unknown }[]
}

function expectation(schema: Described): string {
  if (schema.anyOf) return `one of ${schema.anyOf.map(each => JSON.stringify(each.const)).join(', ')}`
  if (schema.type === 'integer') return `a whole number from ${schema.minimum ?? '-∞'} to ${schema.maximum ?? '∞'}`
  const format = Object.entries(formats).find(([name]) => name === schema.format)?.[1]
  if (format) return format.words
  return schema.pattern ? `a text that matches ${schema.pattern}` : 'a text'
}

export interface SettingRow {
  name: string
  default: string
  description: string
  values: string
}

/** The table of settings, for `--help` and the README. */
export function describeSettings(): SettingRow[] {
  return Object.entries(settingsSchema.properties).map(([name, schema]: [string, Described]) => ({
    name,
    default: String(schema.default ?? ''),
    description: schema.description ?? '',
    values: schema.anyOf || schema.type === 'integer' ? expectation(schema) : '',
  }))
}
