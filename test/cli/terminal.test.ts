import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { messages } from '../../src/api/qbo/messages/messages.ts'
import { createLive } from '../../src/cli/live.ts'
import { createScreen, type Screen } from '../../src/cli/screen.ts'
import { tableOf } from '../../src/cli/tables.ts'
import { setUp } from '../api/support.ts'
import { tokens } from '../support/engine.ts'
import { bin, fakeGateway, messageFor } from './support.ts'

type Verb = Parameters<typeof createScreen>[0]['command']['verb']

function screenOf(verb: Verb = 'get', now = () => 0): Screen {
  return createScreen({ color: false, command: { verb, flags: new Set() }, now })
}
const size = { width: 100, rows: 20 }
const shownBy = (screen: Screen) => screen.frame(size).join('\n')
const done = { command: 'CMD_DONE', code: 200, output: [{ message: 'thread 1 terminated in 0.1s' }] }

test('a terminal shows the last of each thing, and a bar while work goes on', () => {
  const screen = screenOf('add')
  const node = { name: 'node-1', cluster: 'alex', state: 'created', address: '', image: 'i', user: 'ann' }
  screen.take({ code: 200, nodes: [node], output: [{ message: '2 of 4: starting\u001b[2J', step: 2, steps: 4 }] })
  assert.match(shownBy(screen), /node-1 .*created/)
  assert.match(shownBy(screen), /\n█{12}░{12} 2\/4 starting \[2J$/)
  screen.take({ code: 200, nodes: [{ ...node, state: 'ready' }] })
  assert.match(shownBy(screen), /ready/)
  assert.doesNotMatch(shownBy(screen), /created/)
  screen.take({ code: 200, nodes: [{ ...node, state: 'deleted' }], command: 'CMD_DONE' })
  assert.doesNotMatch(shownBy(screen), /node-1|NAME|█/)
})

test('what stays of work is how it is now, and how long it took', () => {
  let now = 1000
  const screen = screenOf('add', () => now)
  screen.take({ code: 200, nodes: [{ name: 'node-1', state: 'ready' }], output: [{ message: 'x', step: 1, steps: 2 }] })
  now = 3500
  screen.take(done)
  const rest = screen.rest(100)
  assert.match(rest.join('\n'), /node-1[\s\S]*\nDone in 2\.5 s\.$/)
  assert.doesNotMatch(rest.join('\n'), /█|thread/)
})

test('for -k only the kubeconfig is shown, without what could steer a terminal', () => {
  const screen = screenOf()
  screen.take({ code: 201, output: [{ message: "thread '1' started" }] })
  screen.take({ code: 200, output: [{ kubeconfig: 'apiVersion: v1\n\tname: \u001b]0;x\u0007\u009b2J\n' }] })
  screen.take(done)
  assert.deepEqual(screen.rest(20), ['apiVersion: v1', '\tname:  ]0;x  2J'])
})

test('what the gateway remarks is shown; a list without elements is named', () => {
  const screen = screenOf()
  screen.take({ code: 200, images: [] })
  assert.equal(screen.missing(), 'images')
  screen.take({ code: 200, output: [{ message: 'no answer from the registry' }] })
  screen.take(done)
  assert.deepEqual(screen.rest(80), ['no answer from the registry'])
  const all = screenOf()
  for (const kind of ['clusters', 'nodes']) all.take({ code: 200, [kind]: [] })
  assert.equal(all.missing(), 'resources')
  all.take({ code: 200, clusters: [{ name: 'alex', id: '1' }] })
  assert.equal(all.missing(), undefined)
})

test('what does not fit into the terminal is counted, below the head of the table', () => {
  const screen = screenOf('add')
  const nodes = Array.from({ length: 50 }, (_, index) => ({ name: `node-${index}`, state: 'created' }))
  screen.take({ code: 200, nodes, output: [{ message: 'joining', step: 1, steps: 2 }] })
  const lines = screen.frame({ width: 60, rows: 10 })
  assert.equal(lines.length, 10)
  assert.match(lines[0] ?? '', /^NAME/)
  assert.equal(lines[8], '… and 43 more lines')
  assert.match(lines[9] ?? '', /joining$/)
  assert.equal(screen.rest(60).filter(line => line.startsWith('node-')).length, 50)
})

const pod = {
  id: '1',
  namespace: 'kube-system',
  name: 'kube-controller-manager-control-2b251a2c.localhost',
  cluster: 'alex',
  status: 'Running',
  address: '172.28.0.2',
  node: 'control-2b251a2c.localhost',
}

test('a narrow terminal loses the last columns first, then long cells go on below', () => {
  for (const width of [40, 60, 80, 120, 200]) {
    const lines = tableOf('pods', [pod], { color: false, width })
    assert.deepEqual(
      lines.filter(line => line.length > width),
      [],
    )
    const [head = '', ...cells] = lines
    assert.match(head, /^NAMES.* +NAME +CLUSTER +STATUS/)
    assert.equal(head.includes('NODE'), width > 120)
    const at = head.indexOf(' NAME ') + 1
    const name = cells.map(line => line.slice(at, head.indexOf('CLUSTER')).trim()).join('')
    assert.equal(name, pod.name)
  }
})

test('colours tell states apart, and change no column', () => {
  const nodes = ['ready', 'failed', 'created'].map(state => ({
    name: `node-of-a-long-name-${state}`,
    cluster: 'a',
    state,
  }))
  const coloured = tableOf('nodes', nodes, { color: true, width: 45 })
  assert.deepEqual(
    coloured.map(line => stripVTControlCharacters(line).trimEnd()),
    tableOf('nodes', nodes, { color: false, width: 45 }),
  )
  const text = coloured.join('\n')
  for (const [color, state] of [
    [32, 'ready'],
    [31, 'failed'],
    [33, 'created'],
  ])
    assert.ok(text.includes(`\u001b[${color}m${state}`), String(state))
})

test('everything that the gateway lists has a table; what is none of its lists is shown as it is', () => {
  for (const kind of Object.keys(messages).filter(key => !['input', 'output', 'cli'].includes(key))) {
    const [head, row] = tableOf(kind, [{}], { color: false, width: 200 })
    assert.ok(head && row, kind)
  }
  const screen = screenOf()
  screen.take({ code: 202, input: [{ message: 'command accepted' }] })
  screen.take({ code: 200, cli: [{ qbo_port: 443 }], acmes: [{ fullchain: 'x' }] })
  assert.deepEqual(screen.rest(80).join(''), '{  "qbo_port": 443}{  "fullchain": "x"}')
})

test('sizes and numbers are in words', () => {
  const table = (kind: string, element: Record<string, unknown>) =>
    (tableOf(kind, [element], { color: false, width: 120 })[1] ?? '').split(/ {3,}/)
  assert.deepEqual(table('images', { name: 'kindest/node:v1.34.4', local: 1, size: 1_075_338_842 }), [
    'kindest/node:v1.34.4',
    'yes',
    '1.08GB',
  ])
  assert.deepEqual(table('users', { name: 'ann', email: 'a@b.c', type: 1, status: 0 }), [
    'ann',
    'a@b.c',
    'admin',
    'disabled',
  ])
  assert.deepEqual(table('ipvs', { vip: '', vip_port: '6443', rip: '172.28.0.2', rip_port: '6443', state: 'ready' }), [
    ':6443',
    '172.28.0.2:6443',
    'ready',
    '-',
    '-',
    '-',
  ])
})

test('a drawing takes the place of the one before, whatever came between its lines or left it', () => {
  const terminal = emulated(20)
  const live = createLive(terminal)
  terminal.write('$ \n')
  for (const lines of [['A', 'B', 'C'], ['A', 'X', 'B', 'C'], ['A', 'C'], ['A', 'A2', 'A3', 'C', 'D'], ['E']]) {
    live.draw(lines)
    assert.deepEqual(terminal.lines(), ['$', ...lines])
  }
  assert.equal(terminal.cursorHidden(), true)
  live.clear()
  assert.deepEqual(terminal.lines(), ['$'])
  assert.equal(terminal.cursorHidden(), false)
})

const esc = '\u001b'
const pieces = new RegExp(`${esc}\\[\\??[\\d;]*[A-Za-z]|[\\r\\n]|[^${esc}\\r\\n]+`, 'g')
const sequence = new RegExp(`^${esc}\\[\\??(\\d*)(\\w)$`)

/** As much of a terminal as is needed to see what is drawn. */
function emulated(columns: number) {
  let rows: string[] = ['']
  let row = 0
  let hidden = false
  return {
    columns,
    write(text: string) {
      for (const [part] of text.matchAll(pieces)) {
        const [, count, letter] = sequence.exec(part) ?? []
        if (part === '\n') row += 1
        else if (part === '\r') continue
        else if (letter === 'A') row -= Number(count)
        else if (letter === 'J') rows = [...rows.slice(0, row), '']
        else if (count === '25') hidden = letter === 'l'
        else if (letter === undefined) rows[row] = part
      }
      return true
    },
    lines: () => rows.map(line => line.trimEnd()).filter(line => line !== ''),
    cursorHidden: () => hidden,
  }
}

const lacksScript = spawnSync('script', ['--version']).status !== 0 && 'there is no script'

/** Runs the client on a terminal of its own. */
function onTerminal(t: TestContext, line: string, env: Record<string, string>) {
  const command = `stty cols 100 rows 24; exec ${process.execPath} ${bin} ${line}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', SHELL: '/bin/sh', TERM: 'xterm', ...env },
  })
  t.after(() => child.kill('SIGKILL'))
  let out = ''
  const seen = new Set<() => void>()
  child.stdout.on('data', chunk => {
    out += chunk
    for (const look of seen) look()
  })
  const closed = once(child, 'close').then(([status]) => ({
    status: Number(status),
    out: out.replaceAll('\r\n', '\n'),
  }))
  const until = (words: RegExp) =>
    new Promise<void>(resolve => {
      const look = () => words.test(out) && resolve()
      seen.add(look)
      look()
    })
  return { child, closed, until }
}

test('on a terminal it shows a table, in colours unless NO_COLOR is set', { skip: lacksScript }, async t => {
  const { engine, listen } = await setUp(t)
  engine.putNode('node-2b251a2c.localhost')
  const env = { KINDGATE_TOKEN: tokens.ann, QBO_PORT: String(await listen()) }
  const coloured = await onTerminal(t, 'get nodes -A', env).closed
  assert.ok(coloured.out.includes(`${esc}[32mready`), coloured.out)
  const table = stripVTControlCharacters(coloured.out)
  assert.match(table, /NAME +CLUSTER +STATE/)
  assert.match(table, /node-2b251a2c\.localhost +alex +ready/)
  assert.equal(coloured.status, 0)
  assert.doesNotMatch(table, /CMD_DONE/)
  const plain = await onTerminal(t, 'get nodes -A', { ...env, NO_COLOR: '1' }).closed
  assert.doesNotMatch(plain.out, new RegExp(`${esc}\\[\\d+m`))
  const dumb = await onTerminal(t, 'get nodes -A', { ...env, TERM: 'dumb' }).closed
  assert.equal(JSON.parse(dumb.out.trim().split('\n').at(-1) ?? '').command, 'CMD_DONE')
  const nothing = await onTerminal(t, 'get pods nobody', env).closed
  assert.match(stripVTControlCharacters(nothing.out), /No pods found\.\n$/)
  assert.equal(nothing.status, 0)
})

test('Ctrl-C on a terminal leaves the last table and the cursor, with status 130', { skip: lacksScript }, async t => {
  const onCommand: Parameters<typeof fakeGateway>[1]['onCommand'] = (socket, request) => {
    const nodes = (state: string) => messageFor(request, { nodes: [{ name: 'node-1', cluster: 'alex', state }] })
    socket.send(nodes('created'))
    socket.send(nodes('ready'))
  }
  const { port } = await fakeGateway(t, { onCommand })
  const env = { KINDGATE_TOKEN: 'kg_any', QBO_PORT: String(port), NO_COLOR: '1' }
  const { child, closed, until } = onTerminal(t, 'get nodes -A -w', env)
  await until(/node-1 +alex +ready/)
  child.stdin.write('\u0003')
  const { status, out } = await closed
  assert.equal(status, 130)
  const [, left = ''] = out.split(`${esc}[?25h`)
  assert.match(left, /^NAME +CLUSTER +STATE +ADDRESS.*\nnode-1 +alex +ready.*\n$/)
  assert.equal(out.split(`${esc}[?25l`).length, 2)
})
