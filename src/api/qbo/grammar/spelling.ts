import type { Option } from './options.ts'
import type { CommandSpec } from './table.ts'

/** `-n, --nodes NODES`. */
export function spellingOf(option: Option): string {
  const forms = [option.short === undefined ? '' : `-${option.short}`, `--${option.long}`].filter(form => form !== '')
  return `${forms.join(', ')}${option.kind === 'value' ? ` ${option.value}` : ''}`
}

/** `get node`, `version`. */
export function titleOf({ verb, object }: CommandSpec): string {
  return object === undefined ? verb : `${verb} ${object}`
}
