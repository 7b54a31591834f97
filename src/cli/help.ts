import type { Fault } from '../api/qbo/grammar/command.ts'
import { columns, commandHelp, type HelpStyle, overview, wrapped } from '../api/qbo/grammar/help.ts'
import { readObject, readVerb } from '../api/qbo/grammar/parse.ts'
import { commands } from '../api/qbo/grammar/table.ts'

export type Style = Required<Pick<HelpStyle, 'program'>> & HelpStyle

/** The help text for the words that stand with `--help`; a fault where they are no command. */
export function helpFor(words: readonly string[], style: Style): { text: string } | { fault: Fault } {
  const [first, second] = words.filter(word => !word.startsWith('-'))
  if (first === undefined) return { text: everything(style) }
  const verb = readVerb({ text: first, column: 1 })
  if ('fault' in verb) return verb
  const alone = commands.find(spec => spec.verb === verb.found && spec.object === undefined)
  if (alone) return { text: commandHelp(alone, style) }
  if (second === undefined) return { text: `${overview(verb.found, style)}\n\n${more(style)}` }
  const spec = readObject(verb.found, { text: second, column: first.length + 2 })
  return 'fault' in spec ? spec : { text: commandHelp(spec.found, style) }
}

const options = [
  ['  -h, --help', 'Help; for a command, behind its words'],
  ['  --version', "This client's version"],
]
const environment = [
  ['  KINDGATE_URL', 'Where the gateway is, such as https://gateway.example:9601'],
  ['  KINDGATE_TOKEN', 'A token of the gateway'],
  ['  KINDGATE_CA', "A PEM file of the authority that signed the gateway's certificate"],
  ['  QBO_HOST, QBO_PORT', 'Where the gateway is, for clients of QBO'],
  ['  QBO_UID, QBO_AUX', "A web token, or a service account's key and token"],
  ['  NO_COLOR', 'No colours'],
]

const about =
  'Gives a command to a gateway of Kubernetes clusters and shows what it answers: tables on a terminal, else a line of ' +
  "JSON for each message. Words may be cut short: 'del clu alex'."

function everything(style: Style): string {
  return [
    `Usage: ${style.program} COMMAND [NAMES] [OPTIONS]`,
    '',
    ...wrapped(about, style.width),
    '',
    overview(undefined, style),
    '',
    'Options:',
    ...columns(options, style.width),
    '',
    'Environment, before ~/.qbo/cli.json:',
    ...columns(environment, style.width),
    '',
    more(style),
  ].join('\n')
}

function more({ program }: Style): string {
  return `${program} COMMAND --help tells more.`
}
