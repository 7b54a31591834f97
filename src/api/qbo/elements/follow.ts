import type { FeedChange, MirrorObject, Table } from '../../../engine/mirror/mirror.ts'

/** Calls the listener for every object there is, then on every change; after those who watch the table. */
export function follow<T extends MirrorObject>(
  table: Table<T>,
  listener: (change: Pick<FeedChange<T>, 'type' | 'object'>) => void,
): void {
  for (const object of table.list({ viewer: { name: '', admin: true } }).items) listener({ type: 'ADDED', object })
  table.subscribe(listener)
}
