import { parse, stringify } from 'yaml'
import { messageOf } from '../../errors.ts'
import { at, isObject, type JsonObject, listAt, objectAt, textAt } from './objects.ts'
import type { KubernetesCredentials } from './transport.ts'

/** The layout that kubectl writes. */
const layout = { lineWidth: 0, indentSeq: false }

/** Says what is wrong with a kubeconfig and where; never holds a value of it. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError'
}

/**
 * The credentials of a kubeconfig's current context. Only what it holds inline counts: it names no file to read and no
 * program to run. Throws KubeconfigError.
 */
export function readKubeconfig(text: string): KubernetesCredentials {
  const config = parseKubeconfig(text)
  const currentContext = textAt(config, 'current-context')
  const context = objectAt(named(config, 'contexts', currentContext), 'context')
  const cluster = objectAt(named(config, 'clusters', textAt(context, 'cluster')), 'cluster')
  const user = objectAt(named(config, 'users', textAt(context, 'user')), 'user')
  const server = textAt(cluster, 'server')
  if (server === '') throw new KubeconfigError('the kubeconfig names no server')
  return {
    server,
    ca: decoded(cluster, 'certificate-authority-data'),
    cert: decoded(user, 'client-certificate-data'),
    key: decoded(user, 'client-key-data'),
  }
}

export interface KubeconfigParts {
  /** Of its one cluster, context and user. */
  name: string
  server: string
  /** PEM texts. */
  ca: string
  /** Left out of one that only says where a cluster is and how to know it, as `kubeadm join` discovers by. */
  client?: { cert: string; key: string }
}

export function writeKubeconfig({ name, server, ca, client }: KubeconfigParts): string {
  return stringify(
    {
      apiVersion: 'v1',
      clusters: [{ cluster: { 'certificate-authority-data': encoded(ca), server }, name }],
      contexts: [{ context: { cluster: name, user: name }, name }],
      'current-context': name,
      kind: 'Config',
      users: client
        ? [{ name, user: { 'client-certificate-data': encoded(client.cert), 'client-key-data': encoded(client.key) } }]
        : [],
    },
    layout,
  )
}

/**
 * What `kind get kubeconfig` prints, made from a control plane's `admin.conf`: the server replaced; cluster, user and
 * context named `kind-<cluster>`; everything else as it was. Throws KubeconfigError when the text does not hold exactly
 * one of each.
 */
export function renameKubeconfig(text: string, options: { cluster: string; server: string }): string {
  const config = parseKubeconfig(text)
  const name = `kind-${options.cluster}`
  const cluster = { ...objectAt(only(config, 'clusters'), 'cluster'), server: options.server }
  const context = { ...objectAt(only(config, 'contexts'), 'context'), cluster: name, user: name }
  return stringify(
    {
      ...config,
      clusters: [{ ...only(config, 'clusters'), cluster, name }],
      contexts: [{ ...only(config, 'contexts'), context, name }],
      'current-context': name,
      users: [{ ...only(config, 'users'), name }],
    },
    layout,
  )
}

function parseKubeconfig(text: string): JsonObject {
  let config: unknown
  try {
    config = parse(text)
  } catch (error) {
    // the parser quotes the text, which holds keys, from the message's second line on
    throw new KubeconfigError(`the kubeconfig is not YAML: ${messageOf(error).split('\n')[0]}`)
  }
  if (!isObject(config)) throw new KubeconfigError('the kubeconfig is not a YAML object')
  return config
}

type Section = 'clusters' | 'contexts' | 'users'

function named(config: JsonObject, section: Section, name: string): JsonObject {
  const entry = listAt(config, section).find(entry => textAt(entry, 'name') === name)
  if (!isObject(entry)) throw new KubeconfigError(`the kubeconfig has no entry ${JSON.stringify(name)} in ${section}`)
  return entry
}

function only(config: JsonObject, section: Section): JsonObject {
  const [entry, ...others] = listAt(config, section)
  if (!isObject(entry) || others.length > 0) throw new KubeconfigError(`the kubeconfig needs exactly one of ${section}`)
  return entry
}

function decoded(entry: JsonObject, key: string): string {
  const text = at(entry, key)
  if (typeof text !== 'string' || text === '') throw new KubeconfigError(`the kubeconfig has no ${key}`)
  return Buffer.from(text, 'base64').toString('utf8')
}

function encoded(pem: string): string {
  return Buffer.from(pem).toString('base64')
}
