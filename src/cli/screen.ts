import { styleText } from 'node:util'
import progress from 'cli-progress'
import Table from 'cli-table3'
import { isRecord } from './settings.ts'

/** The columns of each list, and what tells its elements apart. */
const lists: Record<string, { columns: string[]; key: string[] }> = {
  clusters: { columns: ['name', 'id', 'state', 'address', 'user'], key: ['id'] },
  nodes: { columns: ['name', 'cluster', 'state', 'address', 'image', 'user'], key: ['name'] },
  pods: { columns: ['namespace', 'name', 'cluster', 'status', 'address', 'node'], key: ['id'] },
  services: {
    columns: ['namespace', 'name', 'cluster', 'type', 'address', 'external_address', 'port_number', 'protocol'],
    key: ['id', 'port_name', 'port_number', 'protocol'],
  },
  networks: { columns: ['name', 'subnet', 'state', 'user'], key: ['id'] },
  ipvs: {
    columns: ['vip', 'vip_port', 'rip', 'rip_port', 'protocol', 'state', 'node', 'cluster'],
    key: ['vip', 'vip_port', 'protocol', 'rip', 'rip_port', 'id'],
  },
  images: { columns: ['name', 'local', 'size'], key: ['name'] },
  users: { columns: ['name', 'email', 'type', 'status'], key: ['id'] },
  clients: { columns: ['user', 'address', 'agent', 'command'], key: ['wsi'] },
  version: { columns: ['qbo', 'docker', 'host', 'arch'], key: ['host', 'qbo'] },
}

/** What a terminal shows of a command: tables of what came, and how far the work is. */
export interface Screen {
  take(message: Readonly<Record<string, unknown>>): void
  /** What is to be seen now. */
  text(): string
}

export function createScreen({ color }: { color: boolean }): Screen {
  const shown = new Map<string, Map<string, Record<string, unknown>>>()
  const texts: string[] = []
  let bar = ''

  function keep(kind: string, element: Record<string, unknown>) {
    const rows = shown.get(kind) ?? new Map<string, Record<string, unknown>>()
    shown.set(kind, rows)
    const key = JSON.stringify(lists[kind]?.key.map(name => element[name]))
    if (element.state === 'deleted' || element.status === 'deleted') rows.delete(key)
    else rows.set(key, element)
  }

  function output({ kubeconfig, message, step, steps }: Record<string, unknown>) {
    if (typeof kubeconfig === 'string') texts.push(kubeconfig.trimEnd())
    if (typeof step !== 'number' || typeof steps !== 'number' || steps === 0) return
    const options = { barsize: 24, barCompleteString: '█'.repeat(24), barIncompleteString: '░'.repeat(24) }
    const drawn = progress.Format.BarFormat(Math.min(step / steps, 1), { ...options, barGlue: '' })
    bar = `${drawn} ${step}/${steps} ${plain(message)}`
  }

  return {
    take(message) {
      for (const [kind, elements] of Object.entries(message)) {
        if (!Array.isArray(elements)) continue
        for (const element of elements.filter(isRecord)) {
          if (kind === 'output') output(element)
          else if (kind === 'cli') texts.push(JSON.stringify(element, null, 2))
          else if (lists[kind]) keep(kind, element)
        }
      }
      if (message.command === 'CMD_DONE') bar = ''
    },
    text() {
      const tables = [...shown].map(([kind, rows]) => tableOf(kind, [...rows.values()], color))
      return [...texts, ...tables, bar].filter(part => part !== '').join('\n')
    },
  }
}

function tableOf(kind: string, rows: Record<string, unknown>[], color: boolean): string {
  const columns = lists[kind]?.columns ?? []
  const table = new Table({
    head: columns.map(name => name.toUpperCase().replace('_', ' ')),
    style: { head: color ? ['cyan'] : [], border: color ? ['gray'] : [], compact: true },
  })
  for (const row of rows) table.push(columns.map(name => cell(name, row[name], color)))
  return table.toString()
}

function cell(name: string, value: unknown, color: boolean): string {
  const text = plain(value)
  if (!color || (name !== 'state' && name !== 'status')) return text
  if (/^(ready|running|succeeded)$/i.test(text)) return styleText('green', text, { validateStream: false })
  if (/failed|error|degraded|backoff/i.test(text)) return styleText('red', text, { validateStream: false })
  return styleText('yellow', text, { validateStream: false })
}

/** Without what could steer a terminal. */
function plain(value: unknown): string {
  return String(value ?? '').replace(/\p{Cc}/gu, ' ')
}
