import type { Clock } from '../../clock.ts'
import type { Table } from '../mirror/mirror.ts'
import type { Client } from './schema.ts'

export interface NewClient {
  id: string
  owner: string
  mirror: string
  address: string
  host: string
  agent: string
}

/** Who is connected by WebSocket: kept in the mirror's table `clients` for as long as it lasts. */
export interface ClientRegistry {
  connect(client: NewClient): Connected
}

export interface Connected {
  /** It has given a command. */
  ran(command: { line: string; id: string }): void
  /** It is gone. */
  gone(): void
}

export function createClientRegistry({ table, clock }: { table: Table<Client>; clock: Clock }): ClientRegistry {
  const now = () => new Date(clock.now()).toISOString()
  return {
    connect({ id, ...about }) {
      const metadata = { createdAt: now(), generation: 0 }
      const client = { id, name: id, ...about, metadata }
      table.apply({ ...client, command: '', commandId: null, commandAt: null })
      return {
        ran: command => void table.apply({ ...client, command: command.line, commandId: command.id, commandAt: now() }),
        gone: () => void table.remove(id),
      }
    },
  }
}
