/** Options of command lines. */

export type Flag = 'all' | 'watch' | 'kubeconfig' | 'host' | 'local' | 'admin'
export type Text = 'image' | 'domain' | 'email'
export type Count = 'nodes'
export type Value = Text | Count

export interface FlagOption {
  kind: 'flag'
  name: Flag
  short?: string
  long: string
  summary: string
  /** Only admins may use it. */
  admin?: true
}

export type ValueOption = {
  kind: 'value'
  short: string
  long: string
  /** How help texts call the value. */
  value: string
  /** Most characters of a text, greatest count. */
  most: number
  summary: string
} & ({ type: 'text'; name: Text } | { type: 'count'; name: Count })

export type Option = FlagOption | ValueOption

export const all: Option = {
  kind: 'flag',
  name: 'all',
  short: 'A',
  long: 'all',
  summary: 'All there are, instead of names',
}
export const watch: Option = {
  kind: 'flag',
  name: 'watch',
  short: 'w',
  long: 'watch',
  summary: 'The list, then every change',
}
export const kubeconfig: Option = {
  kind: 'flag',
  name: 'kubeconfig',
  short: 'k',
  long: 'kubeconfig',
  summary: "The cluster's kubeconfig",
}
export const host: Option = {
  kind: 'flag',
  name: 'host',
  short: 'H',
  long: 'host',
  summary: "The host's addresses",
  admin: true,
}
export const local: Option = {
  kind: 'flag',
  name: 'local',
  short: 'l',
  long: 'local',
  summary: 'A configuration for this command line client',
}
export const admin: Option = {
  kind: 'flag',
  name: 'admin',
  long: 'admin',
  summary: 'The new user is an admin',
  admin: true,
}
export const image: Option = {
  kind: 'value',
  name: 'image',
  short: 'i',
  long: 'image',
  value: 'IMAGE',
  type: 'text',
  most: 255,
  summary: 'Node image',
}
export const nodes: Option = {
  kind: 'value',
  name: 'nodes',
  short: 'n',
  long: 'nodes',
  value: 'NODES',
  type: 'count',
  most: 250,
  summary: 'Number of nodes',
}
export const domain: Option = {
  kind: 'value',
  name: 'domain',
  short: 'd',
  long: 'domain',
  value: 'DOMAIN',
  type: 'text',
  most: 128,
  summary: 'Domain of the node names',
}
export const email: Option = {
  kind: 'value',
  name: 'email',
  short: 'c',
  long: 'config',
  value: 'USER',
  type: 'text',
  most: 253,
  summary: 'The user, as older clients name it',
}
