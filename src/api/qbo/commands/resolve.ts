import type { MirrorObject, Table } from '../../../engine/mirror/mirror.ts'
import { GatewayError } from '../../../errors.ts'
import { nodeNames } from '../elements/clusters.ts'
import { isNamed, type Selection } from '../elements/source.ts'
import { selectionOf } from './get.ts'
import type { Task } from './task.ts'

/** A thing that an act is about, or why there is none. */
export type Target = { name: string } | { error: GatewayError }

/** The clusters that a command names, by name, id or short id; with `-A` all of one's own. */
export function clusterTargets(task: Task): Target[] {
  return targetsOf(task, task.engine.tables.clusters, 'cluster', cluster => ({
    names: [cluster.name],
    ids: [cluster.id],
  }))
}

/** The same for nodes; a name may lack its domain. */
export function nodeTargets(task: Task): Target[] {
  return targetsOf(task, task.engine.tables.nodes, 'node', node => ({
    names: nodeNames(node.name),
    ids: [node.id, ...(node.containerId === null ? [] : [node.containerId])],
  }))
}

function targetsOf<T extends MirrorObject>(
  task: Task,
  table: Table<T>,
  noun: string,
  calledBy: (object: Readonly<T>) => { names: string[]; ids: string[] },
): Target[] {
  const { principal: viewer } = task
  const selection: Selection = selectionOf(task)
  if (typeof selection === 'string') {
    return table.list({ viewer, filter: object => object.owner === viewer.name }).items.map(({ name }) => ({ name }))
  }
  const all = table.list({ viewer }).items
  return selection.words.map(word => {
    const exact = table.byName(word, viewer)
    const found = exact ? [exact] : all.filter(object => matches(word, calledBy(object)))
    const [one, ...others] = found
    if (!one) return { error: new GatewayError('NotFound', `there is no ${noun} ${JSON.stringify(word)}`) }
    if (others.length > 0) {
      const names = found.map(({ name }) => name).slice(0, 5)
      return { error: new GatewayError('Conflict', `${JSON.stringify(word)} could be ${names.join(' or ')}`) }
    }
    return { name: one.name }
  })
}

function matches(word: string, { names, ids }: { names: string[]; ids: string[] }): boolean {
  return isNamed(word, names, ids)
}
