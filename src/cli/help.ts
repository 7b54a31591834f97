import { commandHelp, overview } from '../api/qbo/grammar/help.ts'
import { commands, objects, verbs } from '../api/qbo/grammar/table.ts'
import { matchWord } from '../api/qbo/grammar/words.ts'

/** The help text for the words before `--help`; undefined when none is asked for. */
export function helpFor(words: readonly string[], program: string): string | undefined {
  const asked = words.length === 0 || words[0] === 'help' || words.some(word => word === '--help' || word === '-h')
  if (!asked) return undefined
  const [first, second] = words.filter(word => word !== 'help' && !word.startsWith('-'))
  const verb = first === undefined ? undefined : matchWord(first, verbs)
  if (!verb || !('one' in verb)) return overview(undefined, program)
  const object = second === undefined ? undefined : matchWord(second, objects)
  const kind = object && 'one' in object ? object.one.name : undefined
  const spec = commands.find(each => each.verb === verb.one.name && each.object === kind)
  return spec ? commandHelp(spec, program) : overview(verb.one.name, program)
}
