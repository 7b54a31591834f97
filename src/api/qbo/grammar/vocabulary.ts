/** Verbs and objects of command lines. */

export type Verb = 'version' | 'get' | 'add' | 'delete' | 'start' | 'stop'
export type ObjectKind =
  | 'cluster'
  | 'node'
  | 'pod'
  | 'service'
  | 'network'
  | 'ipvs'
  | 'image'
  | 'user'
  | 'client'
  | 'all'
  | 'watch'

/** A word of the grammar; `words` are all its forms, the documented one first. Any unambiguous beginning counts too. */
export interface Word<Name extends string> {
  name: Name
  words: readonly [string, ...string[]]
}

export const verbs: readonly (Word<Verb> & { summary: string })[] = [
  { name: 'version', words: ['version'], summary: "Show the gateway's version" },
  { name: 'get', words: ['get'], summary: 'Show or watch what there is' },
  { name: 'add', words: ['add'], summary: 'Make clusters, nodes, users or external addresses' },
  { name: 'delete', words: ['delete', 'del'], summary: 'Remove clusters, nodes, users or external addresses' },
  { name: 'start', words: ['start'], summary: 'Start clusters or nodes' },
  { name: 'stop', words: ['stop'], summary: 'Stop clusters or nodes, end watches' },
]

export const objects: readonly Word<ObjectKind>[] = [
  { name: 'cluster', words: ['clusters', 'cluster'] },
  { name: 'node', words: ['nodes', 'node'] },
  { name: 'pod', words: ['pods', 'pod'] },
  { name: 'service', words: ['services', 'service', 'svc', 'svcs'] },
  { name: 'network', words: ['networks', 'network', 'net', 'nets'] },
  { name: 'ipvs', words: ['ipvs'] },
  { name: 'image', words: ['images', 'image'] },
  { name: 'user', words: ['users', 'user'] },
  { name: 'client', words: ['clients', 'client'] },
  { name: 'all', words: ['all'] },
  { name: 'watch', words: ['watch', 'watches'] },
]
