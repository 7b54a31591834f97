// Writes README.md's table of settings from src/config.ts. With --check: fails when the table is another.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describeSettings, type SettingRow } from '../src/config-read.ts'

const file = fileURLToPath(new URL('../README.md', import.meta.url))
const marks = { begin: '<!-- settings: made by scripts/readme.ts -->', end: '<!-- /settings -->' }

const text = readFileSync(file, 'utf8')
const made = withTable(text, table(describeSettings()))
if (!process.argv.includes('--check')) writeFileSync(file, made)
else if (made !== text) fail("README.md's table of settings is not what src/config.ts says: run scripts/readme.ts")

function withTable(readme: string, rows: string): string {
  const begin = readme.indexOf(marks.begin)
  const end = readme.indexOf(marks.end)
  if (begin < 0 || end < begin) fail(`README.md has no ${marks.begin} before a ${marks.end}`)
  return `${readme.slice(0, begin + marks.begin.length)}\n${rows}\n${readme.slice(end)}`
}

function table(settings: SettingRow[]): string {
  const rows = settings.map(row => [`\`${row.name}\``, row.default && `\`${row.default}\``, meaningOf(row)])
  return [['setting', 'default', 'meaning'], ['---', '---', '---'], ...rows].map(line).join('\n')
}

function meaningOf({ description, values }: SettingRow): string {
  return (values === '' ? description : `${description} (${values})`).replaceAll('*', '\\*')
}

function line(cells: string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
