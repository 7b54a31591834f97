import {
  admin,
  all,
  domain,
  email,
  type Flag,
  host,
  image,
  kubeconfig,
  local,
  nodes,
  type Option,
  type Value,
  watch,
} from './options.ts'
import type { ObjectKind, Verb } from './vocabulary.ts'

/** What names a command takes. */
export interface Names {
  /** How help texts call one. */
  name: string
  least: 0 | 1
  most: number
  /** `-A` stands for names. */
  orAll?: true
  /** These options do without names. */
  without?: readonly (Flag | Value)[]
}

export interface CommandSpec {
  verb: Verb
  /** Undefined for a verb that stands alone. */
  object?: ObjectKind
  names?: Names
  options: readonly Option[]
  /** Only admins may give it. */
  admin?: true
  summary: string
  /** Complete lines, without `qbo`. */
  examples: readonly [string, ...string[]]
}

/** Names that one command may have. */
const mostNames = 64
const some = (name: string): Names => ({ name, least: 1, most: mostNames })
const someOrAll = (name: string): Names => ({ ...some(name), orAll: true })
const any = (name: string): Names => ({ name, least: 0, most: mostNames, orAll: true })

/**
 * Every command there is, as data: the socket, the command line client, help texts and the AsyncAPI document come from
 * it.
 */
export const commands: readonly CommandSpec[] = [
  { verb: 'version', options: [], summary: "Show the gateway's version", examples: ['version'] },
  {
    verb: 'get',
    object: 'cluster',
    names: someOrAll('CLUSTER'),
    options: [all, watch, kubeconfig],
    summary: 'Show clusters, or the kubeconfig of some',
    examples: ['get cluster alex', 'get clusters -A', 'get cluster alex -k', 'get clusters -A -w'],
  },
  {
    verb: 'get',
    object: 'node',
    names: someOrAll('CLUSTER|NODE'),
    options: [all, watch],
    summary: 'Show the nodes of clusters, or single ones',
    examples: ['get nodes dev prod', 'get nodes -A', 'get nodes -w 43706dd0'],
  },
  {
    verb: 'get',
    object: 'pod',
    names: someOrAll('CLUSTER|POD'),
    options: [all, watch],
    summary: 'Show the pods of clusters, or single ones',
    examples: ['get pods alex', 'get pods -A', 'get pods -w 43706dd0'],
  },
  {
    verb: 'get',
    object: 'service',
    names: someOrAll('CLUSTER|SERVICE'),
    options: [all, watch],
    summary: 'Show the services of clusters, an element for each port',
    examples: ['get svc alex', 'get services -A', 'get svc -w 43706dd0'],
  },
  {
    verb: 'get',
    object: 'network',
    names: { ...someOrAll('CLUSTER|ADDRESS'), without: ['host'] },
    options: [all, watch, host],
    summary: "Show clusters' networks and, to admins, external addresses; with -H, the host's addresses",
    examples: ['get net dev prod', 'get networks --all', 'get net -H'],
  },
  {
    verb: 'get',
    object: 'ipvs',
    names: someOrAll('CLUSTER|NODE'),
    options: [all, watch],
    summary: "Show clusters' load balancers, an element for each real server",
    examples: ['get ipvs alex', 'get ipvs -A'],
  },
  {
    verb: 'get',
    object: 'image',
    names: any('IMAGE'),
    options: [all],
    summary: 'Show node images: the newest of each minor version, or with -A all',
    examples: ['get images', 'get images -A'],
  },
  {
    verb: 'get',
    object: 'user',
    names: any('USER'),
    options: [all, watch, local, email],
    summary: 'Show oneself, users by name, or all; with -l, a configuration for a client',
    examples: ['get user alex', 'get users -A', 'get user -l', 'get user -c alex@qbo.io'],
  },
  {
    verb: 'get',
    object: 'client',
    names: any('USER'),
    options: [all, watch],
    summary: 'Show who is connected',
    examples: ['get clients', 'get clients -A -w'],
  },
  {
    verb: 'get',
    object: 'all',
    names: any('CLUSTER'),
    options: [all, watch],
    summary: 'Show clusters, nodes, pods, services, networks and load balancers',
    examples: ['get all -w'],
  },
  {
    verb: 'add',
    object: 'cluster',
    names: some('NAME'),
    options: [image, nodes, domain],
    summary: 'Make clusters, of three nodes unless told otherwise, and wait until they are ready',
    examples: [
      'add cluster alex -i hub.docker.com/kindest/node:v1.27.3',
      'add cluster dev prod',
      'add cluster alex -n 2',
    ],
  },
  {
    verb: 'add',
    object: 'node',
    names: some('CLUSTER'),
    options: [nodes],
    summary: 'Add nodes to clusters, one unless told otherwise',
    examples: ['add node alex', 'add node alex -n 3', 'add node -n3 alex'],
  },
  {
    verb: 'add',
    object: 'user',
    names: { name: 'NAME', least: 1, most: 1 },
    options: [admin],
    admin: true,
    summary: 'Add a user',
    examples: ['add user alex', 'add user --admin alex'],
  },
  {
    verb: 'add',
    object: 'network',
    names: some('ADDRESS'),
    options: [],
    admin: true,
    summary: 'Add external addresses for load balancers, single ones or in CIDR notation',
    examples: ['add net 136.25.15.102 136.25.15.103', 'add network 54.239.98.0/24'],
  },
  {
    verb: 'delete',
    object: 'cluster',
    names: someOrAll('CLUSTER'),
    options: [all],
    summary: 'Delete clusters with all that is in them; -A means all of your own',
    examples: ['delete cluster dev prod', 'delete clusters -A'],
  },
  {
    verb: 'delete',
    object: 'node',
    names: some('NODE'),
    options: [],
    summary: 'Drain and delete worker nodes',
    examples: ['del node node-2b251a2c'],
  },
  {
    verb: 'delete',
    object: 'user',
    names: some('USER'),
    options: [],
    admin: true,
    summary: 'Delete users',
    examples: ['del user alex'],
  },
  {
    verb: 'delete',
    object: 'network',
    names: some('ADDRESS|NAME'),
    options: [],
    admin: true,
    summary: 'Remove external addresses, which no load balancer may have',
    examples: ['del net 136.25.15.102 136.25.15.103'],
  },
  {
    verb: 'start',
    object: 'cluster',
    names: someOrAll('CLUSTER'),
    options: [all],
    summary: 'Start clusters; -A means all of your own',
    examples: ['start clusters dev prod', 'start clusters -A'],
  },
  {
    verb: 'start',
    object: 'node',
    names: someOrAll('NODE'),
    options: [all],
    summary: 'Start nodes; -A means all of your own',
    examples: ['start node node-2b251a2c', 'start node -A'],
  },
  {
    verb: 'stop',
    object: 'cluster',
    names: someOrAll('CLUSTER'),
    options: [all],
    summary: 'Stop clusters; -A means all of your own',
    examples: ['stop clusters alex', 'stop clusters -A'],
  },
  {
    verb: 'stop',
    object: 'node',
    names: some('NODE'),
    options: [],
    summary: 'Stop nodes',
    examples: ['stop node node-2b251a2c.localhost', 'stop node node-123 node-567'],
  },
  {
    verb: 'stop',
    object: 'watch',
    names: { name: 'COMMAND_ID|UUID', least: 0, most: mostNames, orAll: true },
    options: [all],
    summary: "End this connection's watches, by their command_id or uuid, or all",
    examples: ['stop watch 1ed73c50-26ee-47e1-ae3e-3cfad50d4c06', 'stop watch -A'],
  },
]
