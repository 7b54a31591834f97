import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeFault } from '../../../src/api/qbo/grammar/command.ts'
import { commandHelp, overview } from '../../../src/api/qbo/grammar/help.ts'
import { parseCommand } from '../../../src/api/qbo/grammar/parse.ts'
import { commands } from '../../../src/api/qbo/grammar/table.ts'
import { objects, verbs } from '../../../src/api/qbo/grammar/vocabulary.ts'

function inShort(line: string): string {
  const parsed = parseCommand(line)
  if ('fault' in parsed) return describeFault(parsed.fault)
  const { verb, object, names, flags, values } = parsed.command
  const options = [...flags].map(flag => `+${flag}`)
  return [verb, object ?? '', ...names, ...options, ...Object.entries(values).map(([key, value]) => `${key}=${value}`)]
    .filter(word => word !== '')
    .join(' ')
}

for (const [line, meaning] of [
  ['version', 'version'],
  ['qbo version', 'version'],
  ['  get   nodes\t-A ', 'get node +all'],
  ['get node --all', 'get node +all'],
  ['get svc -A', 'get service +all'],
  ['get net dev prod', 'get network dev prod'],
  ['get networks --all', 'get network +all'],
  ['get nodes -w 43706dd0', 'get node 43706dd0 +watch'],
  ['get nodes 43706dd0 -w', 'get node 43706dd0 +watch'],
  ['get nodes -wA', 'get node +watch +all'],
  ['get cluster -k alex', 'get cluster alex +kubeconfig'],
  ['get net -H', 'get network +host'],
  ['get user -c alex@qbo.io', 'get user email=alex@qbo.io'],
  ['get user -l', 'get user +local'],
  ['get all -w', 'get all +watch'],
  ['del node node-2b251a2c', 'delete node node-2b251a2c'],
  ['delete net 54.239.98.0/24', 'delete network 54.239.98.0/24'],
  ['add node test -n 2', 'add node test nodes=2'],
  ['add node -n3 test', 'add node test nodes=3'],
  ['add node --nodes=3 test', 'add node test nodes=3'],
  ['add user --admin alex', 'add user alex +admin'],
  [
    'add cluster a b -i hub.docker.com/kindest/node:v1.27.2 -d example.org',
    'add cluster a b image=hub.docker.com/kindest/node:v1.27.2 domain=example.org',
  ],
  ['stop clus alex', 'stop cluster alex'],
  ['stop watch -A', 'stop watch +all'],
  ['stop node -- -odd', 'stop node -odd'],
] as const) {
  test(`${JSON.stringify(line)} is understood`, () => assert.equal(inShort(line), meaning))
}

for (const [line, words] of [
  ['', /^column 1: a verb is missing: version, get, add/],
  ['frobnicate', /^column 1: "frobnicate" is no verb: version, get/],
  ['st node x', /^column 1: "st" could be start or stop$/],
  ['get', /^column 4: an object of get is missing/],
  ['get cluser -A', /^column 5: "cluser" is no object of get: clusters, nodes/],
  ['stop pods -A', /^column 6: "pods" is no object of stop: clusters, nodes, watch$/],
  ['add cluster', /^column 12: NAME is missing$/],
  ['get nodes', /^column 10: CLUSTER\|NODE is missing, or -A for all$/],
  ['delete clusters alex -A', /^column 17: "alex" cannot stand beside -A/],
  ['version now', /^column 9: "now" is too much: version takes no names$/],
  ['add user ann bob', /^column 14: "bob" is too much: add user takes one name$/],
  ['get nodes -x', /^column 11: "-x" is no option of get node: -A, --all, -w, --watch$/],
  ['get nodes -A --all=yes', /^column 14: "--all=yes" takes no value$/],
  ['add cluster alex -n', /^column 18: "-n" needs a value, NODES$/],
  ['add cluster alex -n 0', /^column 21: "0" must be a whole number from 1 to 250$/],
  ['add cluster alex -nx', /^column 20: "x" must be a whole number from 1 to 250$/],
  ['add cluster alex -n1 -n2', /^column 22: "-n" is given twice$/],
  ['add cluster alex -i -n 2', /^column 18: "-i" needs a value, IMAGE$/],
  [`get pods ${'x'.repeat(300)}`, /^column 10: "x{63}…" has more than 253 characters$/],
  ['x'.repeat(5000), /^column 4097: a command has at most 4096 characters$/],
] as const) {
  test(`${JSON.stringify(line.slice(0, 40))} is refused, with what and where`, () => assert.match(inShort(line), words))
}

test('every example of the table is understood, as what it is an example of', () => {
  for (const spec of commands) {
    for (const example of spec.examples) {
      const parsed = parseCommand(example)
      assert.ok('command' in parsed, 'fault' in parsed ? `${example}: ${describeFault(parsed.fault)}` : '')
      assert.equal(parsed.command.spec, spec, example)
    }
  }
})

test('help names every command and each of its options', () => {
  const text = overview()
  for (const spec of commands) {
    const help = commandHelp(spec)
    assert.ok(text.includes(spec.summary))
    for (const option of spec.options) assert.ok(help.includes(`--${option.long}`))
  }
})

test('no line throws, and every fault is at a place in the line', () => {
  const words = [...verbs, ...objects].flatMap(entry => entry.words)
  const word = fc.oneof(
    fc.constantFrom(...words, '-A', '-w', '-n', '-n3', '--nodes', '--', '-', '-k', '--all=', 'alex', '-Awk'),
    fc.string({ unit: 'binary', maxLength: 12 }),
  )
  const line = fc.oneof(
    fc.array(word, { maxLength: 8 }).map(all => all.join(' ')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(line, text => {
      const parsed = parseCommand(text)
      if ('command' in parsed) return commands.includes(parsed.command.spec)
      const { column } = parsed.fault
      return describeFault(parsed.fault) !== '' && column >= 1 && column <= text.length + 1
    }),
    { numRuns: 5000 },
  )
})
