import { styleText } from 'node:util'
import Table from 'cli-table3'
import { plain } from './text.ts'

type Element = Readonly<Record<string, unknown>>

interface Column {
  head: string
  cell(element: Element): string
}

interface List {
  /** How a person calls them. */
  name: string
  columns: Column[]
  /** As many of the columns, from the first, are shown however narrow the terminal. */
  least: number
  /** The members that tell elements apart. */
  key: string[]
}

const member = (name: string, cell: (value: unknown) => string = plain): Column => ({
  head: name.toUpperCase().replaceAll('_', '-'),
  cell: element => cell(element[name]),
})
const members = (...names: string[]) => names.map(name => member(name))
const joined = (head: string, glue: string, ...names: string[]): Column => ({
  head,
  cell: element =>
    names.some(name => plain(element[name]) !== '') ? names.map(each => plain(element[each])).join(glue) : '',
})
const either =
  (yes: string, no: string) =>
  (value: unknown): string =>
    value === 1 ? yes : no

/** The columns of each list, the most important first. */
const lists: Readonly<Record<string, List>> = {
  clusters: { name: 'clusters', columns: members('name', 'state', 'address', 'user', 'id'), least: 3, key: ['id'] },
  nodes: {
    name: 'nodes',
    columns: members('name', 'cluster', 'state', 'address', 'image', 'user'),
    least: 4,
    key: ['name'],
  },
  pods: {
    name: 'pods',
    columns: members('namespace', 'name', 'cluster', 'status', 'address', 'node'),
    least: 4,
    key: ['id'],
  },
  services: {
    name: 'services',
    columns: [
      ...members('namespace', 'name', 'cluster', 'type'),
      joined('PORT', '/', 'port_number', 'protocol'),
      ...members('address', 'external_address'),
    ],
    least: 5,
    key: ['id', 'port_name', 'port_number', 'protocol'],
  },
  networks: { name: 'networks', columns: members('name', 'subnet', 'state', 'user'), least: 3, key: ['id', 'subnet'] },
  ipvs: {
    name: 'load balancers',
    columns: [
      joined('VIP', ':', 'vip', 'vip_port'),
      joined('RIP', ':', 'rip', 'rip_port'),
      ...members('state', 'cluster', 'node', 'protocol'),
    ],
    least: 3,
    key: ['vip', 'vip_port', 'protocol', 'rip', 'rip_port', 'id'],
  },
  images: {
    name: 'images',
    columns: [member('name'), member('local', either('yes', 'no')), member('size', sizeOf)],
    least: 2,
    key: ['name'],
  },
  users: {
    name: 'users',
    columns: [
      ...members('name', 'email'),
      member('type', either('admin', 'user')),
      member('status', either('active', 'disabled')),
    ],
    least: 2,
    key: ['id'],
  },
  clients: { name: 'clients', columns: members('user', 'address', 'command', 'agent'), least: 3, key: ['wsi'] },
  addresses: {
    name: 'addresses',
    columns: [member('ifname'), joined('ADDRESS', '/', 'address', 'prefixlen'), member('operstate')],
    least: 2,
    key: ['ifname', 'address'],
  },
  version: { name: 'versions', columns: members('qbo', 'docker', 'host', 'arch'), least: 1, key: ['host', 'qbo'] },
}

/** What elements of that kind are called; undefined for what is no list. */
export function nameOf(kind: string): string | undefined {
  return Object.hasOwn(lists, kind) ? lists[kind]?.name : undefined
}

/** What tells an element of a list from the others. */
export function keyOf(kind: string, element: Element): string {
  return JSON.stringify(lists[kind]?.key.map(name => element[name]))
}

export interface TableStyle {
  color: boolean
  /** Columns of the terminal. */
  width: number
}

const gap = 3
/** Columns that a cell keeps when it is broken into lines. */
const narrowest = 8

/** A table's lines. What does not fit leaves out its last columns, then breaks its widest cells. */
export function tableOf(kind: string, elements: readonly Element[], { color, width }: TableStyle): string[] {
  const list = lists[kind]
  if (!list || elements.length === 0) return []
  const cells = elements.map(element => list.columns.map(column => column.cell(element) || '-'))
  const widths = list.columns.map(({ head }, index) =>
    Math.max(head.length, ...cells.map(row => (row[index] ?? '').length)),
  )
  const fits = () => totalOf(widths) <= width
  while (!fits() && widths.length > list.least) widths.pop()
  while (!fits() && Math.max(...widths) > narrowest) widths[widths.indexOf(Math.max(...widths))] = shrunk(widths, width)
  const columns = list.columns.slice(0, widths.length)
  const table = new Table({
    head: columns.map(({ head }, index) => {
      const text = brokenAt(head, widths[index] ?? narrowest)
      return color ? paint('bold', text) : text
    }),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap, compact: true },
    chars: borderless,
  })
  for (const row of cells) {
    table.push(
      columns.map((column, index) => {
        const text = brokenAt(row[index] ?? '', widths[index] ?? narrowest)
        return color ? painted(column.head, text) : text
      }),
    )
  }
  return table
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
}

const totalOf = (widths: readonly number[]) => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1))

/** The widest column's width, as much less as is needed, but not below the next widest. */
function shrunk(widths: readonly number[], width: number): number {
  const [widest = narrowest, next = narrowest] = [...widths].sort((a, b) => b - a)
  const needed = widest - (totalOf(widths) - width)
  return Math.max(narrowest, needed, Math.min(next, widest - 1))
}

function brokenAt(text: string, width: number): string {
  const lines: string[] = []
  for (let at = 0; at < text.length; at += width) lines.push(text.slice(at, at + width))
  return lines.join('\n')
}

const borderless = {
  ...Object.fromEntries(
    ['top', 'bottom', 'left', 'right', 'mid'].flatMap(side =>
      ['', '-mid', '-left', '-right'].map(part => [`${side}${part}`, '']),
    ),
  ),
  middle: '',
}

function painted(head: string, text: string): string {
  if (head !== 'STATE' && head !== 'STATUS') return text
  const tone = /^(ready|running|succeeded|active)$/i.test(text)
    ? 'green'
    : /fail|error|degraded|backoff|crash/i.test(text)
      ? 'red'
      : 'yellow'
  return paint(tone, text)
}

/** Each line by itself: another column's cell stands between two of them. */
function paint(tone: 'bold' | 'green' | 'red' | 'yellow', text: string): string {
  return text
    .split('\n')
    .map(line => styleText(tone, line, { validateStream: false }))
    .join('\n')
}

const units = ['B', 'kB', 'MB', 'GB', 'TB']

/** A number of bytes as Docker shows it: `1.08GB`. */
function sizeOf(value: unknown): string {
  if (typeof value !== 'number') return ''
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(value, 1)) / 3), 0), units.length - 1)
  return `${Number((value / 1000 ** power).toPrecision(3))}${units[power]}`
}
