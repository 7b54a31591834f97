import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { commands } from '../../src/api/qbo/grammar/table.ts'
import { objects } from '../../src/api/qbo/grammar/vocabulary.ts'
import { readArguments } from '../../src/cli/arguments.ts'
import { version } from '../../src/cli/version.ts'
import { bin, folderOf, run, shell } from './support.ts'

const style = { program: 'kindgate' }

function textFor(words: string[], width = 100): string {
  const request = readArguments(words, { ...style, width })
  return 'text' in request ? request.text : assert.fail(`${words.join(' ')} is no question for help`)
}

function faultIn(words: string[]): string {
  try {
    readArguments(words, style)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return assert.fail(`${words.join(' ')} is understood`)
}

test('--help, -h and help explain every command, with its options and examples', () => {
  for (const { verb, object, options, summary, examples } of commands) {
    const words = [verb, ...(object === undefined ? [] : [objects.find(({ name }) => name === object)?.words[0] ?? ''])]
    for (const asked of [
      [...words, '--help'],
      ['-h', ...words],
      ['help', ...words],
      [...words, 'alex', '-A', '-h'],
    ]) {
      const text = textFor(asked, 1000)
      assert.match(text, new RegExp(`^Usage: kindgate ${words.join(' ')}`))
      for (const part of [summary, ...options.map(({ long }) => `--${long}`), ...examples])
        assert.ok(text.includes(part), `${asked.join(' ')}: ${part}`)
    }
  }
})

test('help for nothing, or for a verb, lists what there is', () => {
  for (const words of [[], ['--help'], ['help']]) {
    const text = textFor(words)
    assert.match(text, /^Usage: kindgate COMMAND[\s\S]*kindgate get pods[\s\S]*--version[\s\S]*KINDGATE_URL/)
  }
  const get = textFor(['get', '--help'])
  assert.match(get, /kindgate get pods/)
  assert.doesNotMatch(get, /kindgate add/)
})

test('help is no wider than a terminal', () => {
  for (const width of [50, 80, 120]) {
    for (const words of [[], ['get'], ['get', 'pods'], ['add', 'cluster']]) {
      const text = textFor([...words, '--help'], width)
      const wide = text.split('\n').filter(line => line.length > width)
      assert.deepEqual(
        wide.filter(line => !/^(Usage:| {2}kindgate) /.test(line)),
        [],
      )
    }
  }
})

test('--version is the version of the package, without a gateway', async t => {
  assert.equal(textFor(['--version']), `kindgate ${version}`)
  const { status, out } = await run(t, ['--version'])
  assert.deepEqual([status, out], [0, `kindgate ${version}\n`])
})

test('under its other name it calls itself by it', async t => {
  const qbo = path.join(await folderOf(t), 'qbo')
  await symlink(bin, qbo)
  const { out } = await shell(t, '"$NODE" "$QBO" add node --help; "$NODE" "$QBO" --version', { QBO: qbo })
  assert.match(out, /^Usage: qbo add nodes[\s\S]*\nqbo \d+\.\d+\.\d+\n$/)
})

for (const [words, said] of [
  [['gte', 'pods'], /^"gte" is no verb: .*\nDid you mean get\?\nSee kindgate --help$/],
  [['get', 'cluser', 'alex'], /^"cluser" is no object of get: .*\nDid you mean cluster\?\nSee kindgate get --help$/],
  [['get', 'pods', '--al'], /^"--al" is no option of get pod: .*\nDid you mean --all\?\nSee kindgate get pods --help$/],
  [['add', 'cluster', 'x', '--node', '3'], /Did you mean --nodes\?/],
  [['get', 'xylophones'], /^"xylophones" is no object of get: .*\nSee kindgate get --help$/],
  [['frobnicate', '--help'], /^"frobnicate" is no verb/],
  [['get', 'cluser', '--help'], /Did you mean cluster\?/],
  [['--versoin'], /^"--versoin" stands before a command\nDid you mean --version\?/],
  [['get', 'pods'], /^CLUSTER\|POD is missing, or -A for all\nSee kindgate get pods --help$/],
  [['get', 'cluster', 'my cluster'], /^argument 3, "my cluster", holds white space: each name/],
  [['get nodes -A'], /^argument 1, "get nodes -A", holds white space/],
  [['add', 'cluster', 'a\nstop cluster b'], /^argument 3, "a\\nstop cluster b", holds white space/],
  [['delete', 'cluster', ''], /^argument 3 is empty: is a variable not set\?$/],
] as const) {
  test(`${JSON.stringify(words.join(' '))} is refused, with what was meant`, () =>
    assert.match(faultIn([...words]), said))
}

test('a word that cannot be is told on stderr, with status 1 and no connection', async t => {
  const { status, out, err } = await run(t, ['get', 'clusterz'], { KINDGATE_TOKEN: 'kg_any', QBO_PORT: '1' })
  assert.deepEqual([status, out], [1, ''])
  assert.match(
    err,
    /^kindgate: "clusterz" is no object of get: .*\nDid you mean clusters\?\nSee kindgate get --help\n$/,
  )
})

test('words reach the gateway as they are given', () => {
  const request = readArguments(['add', 'cluster', 'a', 'b', '-i', 'hub.docker.com/kindest/node:v1.27.2'], style)
  assert.ok('command' in request)
  assert.deepEqual(request.command.names, ['a', 'b'])
  assert.equal(request.cmd, 'add cluster a b -i hub.docker.com/kindest/node:v1.27.2')
})
