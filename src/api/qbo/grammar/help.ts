import { spellingOf } from './spelling.ts'
import { type CommandSpec, commands, objects, type Verb, verbs } from './table.ts'

/** `get nodes [CLUSTER|NODE...]`: a command's form, without its options. */
export function formOf({ verb, object, names }: CommandSpec): string {
  const words = [verb, objects.find(each => each.name === object)?.words[0] ?? '']
  if (names) {
    const more = names.most > 1 ? '...' : ''
    words.push(names.least === 0 || names.orAll ? `[${names.name}${more}]` : `${names.name}${more}`)
  }
  return words.filter(word => word !== '').join(' ')
}

/** The help text of a command. */
export function commandHelp(spec: CommandSpec, program = 'qbo'): string {
  const options = spec.options.map(option => [
    `  ${spellingOf(option)}`,
    `${option.summary}${'admin' in option ? ' (admins)' : ''}`,
  ])
  return [
    `Usage: ${program} ${formOf(spec)}${options.length > 0 ? ' [options]' : ''}`,
    '',
    `${spec.summary}${spec.admin ? ' (admins)' : ''}.`,
    ...(options.length > 0 ? ['', 'Options:', ...columns(options)] : []),
    '',
    'Examples:',
    ...spec.examples.map(example => `  ${program} ${example}`),
  ].join('\n')
}

/** The help text of a verb, or of everything. */
export function overview(verb?: Verb, program = 'qbo'): string {
  const shown = commands.filter(spec => verb === undefined || spec.verb === verb)
  const rows = shown.map(spec => [`  ${program} ${formOf(spec)}`, `${spec.summary}${spec.admin ? ' (admins)' : ''}`])
  const about = verbs.find(each => each.name === verb)?.summary
  return [...(about ? [`${about}.`, ''] : []), 'Commands:', ...columns(rows)].join('\n')
}

function columns(rows: string[][]): string[] {
  const width = Math.max(...rows.map(([first = '']) => first.length))
  return rows.map(([first = '', second = '']) => `${first.padEnd(width)}  ${second}`.trimEnd())
}
