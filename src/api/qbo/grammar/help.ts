import { spellingOf } from './spelling.ts'
import { type CommandSpec, commands } from './table.ts'
import { objects, type Verb, verbs } from './vocabulary.ts'

/** How help texts are laid out. */
export interface HelpStyle {
  program?: string
  /** Columns that a line may take; as many as it needs when absent. */
  width?: number
}

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
export function commandHelp(spec: CommandSpec, { program = 'qbo', width }: HelpStyle = {}): string {
  const options = spec.options.map(option => [
    `  ${spellingOf(option)}`,
    `${option.summary}${'admin' in option ? ' (admins)' : ''}`,
  ])
  return [
    `Usage: ${program} ${formOf(spec)}${options.length > 0 ? ' [options]' : ''}`,
    '',
    ...wrapped(`${spec.summary}${spec.admin ? ' (admins)' : ''}.`, width),
    ...(options.length > 0 ? ['', 'Options:', ...columns(options, width)] : []),
    '',
    'Examples:',
    ...spec.examples.map(example => `  ${program} ${example}`),
  ].join('\n')
}

/** The help text of a verb, or of everything. */
export function overview(verb?: Verb, { program = 'qbo', width }: HelpStyle = {}): string {
  const shown = commands.filter(spec => verb === undefined || spec.verb === verb)
  const rows = shown.map(spec => [`  ${program} ${formOf(spec)}`, `${spec.summary}${spec.admin ? ' (admins)' : ''}`])
  const about = verbs.find(each => each.name === verb)?.summary
  return [...(about ? [`${about}.`, ''] : []), 'Commands:', ...columns(rows, width)].join('\n')
}

/** Columns that the second column must have to stand beside the first. */
const leastBeside = 30
const indent = 6

/** Rows of two columns; the second goes on below itself, or stands below the first where there is no room beside it. */
export function columns(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string[] {
  const first = Math.max(...rows.map(([text = '']) => text.length)) + 2
  const beside = width - first >= leastBeside
  const margin = beside ? first : indent
  return rows.flatMap(([left = '', right = '']) => {
    const lines = wrapped(right, width - margin)
    if (!beside) return [left, ...lines.map(line => `${' '.repeat(margin)}${line}`)]
    const [top = '', ...below] = lines
    return [`${left.padEnd(margin)}${top}`.trimEnd(), ...below.map(line => `${' '.repeat(margin)}${line}`)]
  })
}

/** A text in lines of at most `width` columns, or a word. */
export function wrapped(text: string, width = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
