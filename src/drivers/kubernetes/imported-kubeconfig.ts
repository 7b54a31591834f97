import { parse } from 'yaml'
import { messageOf } from '../../errors.ts'
import { at, isObject, type JsonObject, listAt, objectAt, textAt } from './objects.ts'

/** Where an imported cluster is and how to prove who we are: all of it inline, nothing that runs or is read here. */
export interface ImportedCredentials {
  /** `https://203.0.113.7:6443`. */
  server: string
  /** PEM texts; without an authority the server's certificate is verified by the system's. */
  ca?: string
  client?: { cert: string; key: string }
  token?: string
  /** The name in the server's certificate, where that is not the one of its address. */
  tlsServerName?: string
}

/** `pointer` is a JSON pointer into the kubeconfig. */
export interface KubeconfigFault {
  pointer: string
  what: string
}

export type ImportedKubeconfig =
  | { credentials: ImportedCredentials; faults?: never }
  | { credentials?: never; faults: [KubeconfigFault, ...KubeconfigFault[]] }

const runs = 'runs a program on the gateway, which is not done: give a token or a client certificate inline'
const reads = 'names a file on the gateway, which is not read: give its content inline'

const password = 'is a login by password, which Kubernetes no longer has: give a token or a client certificate inline'

/** What each entry that is refused would do, by its key in a user or a cluster. */
const refusedInUser: Record<string, string> = {
  exec: runs,
  'auth-provider': runs,
  tokenFile: reads,
  'client-certificate': reads,
  'client-key': reads,
  username: password,
  password,
  as: 'asks to act as somebody else, which is not done',
  'as-uid': 'asks to act as somebody else, which is not done',
  'as-groups': 'asks to act as somebody else, which is not done',
  'as-user-extra': 'asks to act as somebody else, which is not done',
}
const refusedInCluster: Record<string, string> = {
  'certificate-authority': reads,
  'proxy-url': 'asks for a proxy, which is not used',
}

/**
 * The credentials of a kubeconfig that somebody else has made, of its current context. Every entry that would run a
 * program or read a file here is a fault, in contexts that are not the current one too: the text is what its owner
 * means to hand over. Faults never hold a value of it.
 */
export function readImportedKubeconfig(text: string): ImportedKubeconfig {
  let config: unknown
  try {
    config = parse(text, { maxAliasCount: 0 })
  } catch (error) {
    // the parser quotes the text, which holds keys, from the message's second line on
    return failed([{ pointer: '', what: `is not YAML: ${messageOf(error).split('\n')[0]}` }])
  }
  if (!isObject(config)) return failed([{ pointer: '', what: 'is not a YAML object' }])
  const refused = [
    ...entriesOf(config, 'users', 'user', refusedInUser),
    ...entriesOf(config, 'clusters', 'cluster', refusedInCluster),
  ]
  return refused.length > 0 ? failed(refused) : readCurrent(config)
}

function entriesOf(
  config: JsonObject,
  section: string,
  member: string,
  refused: Record<string, string>,
): KubeconfigFault[] {
  return listAt(config, section).flatMap((entry, index) => {
    const body = objectAt(entry, member)
    const found = Object.entries(refused).filter(([key]) => Object.hasOwn(body, key) && isGiven(body[key]))
    return found.map(([key, what]) => ({ pointer: `/${section}/${index}/${member}/${key}`, what }))
  })
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && value !== false
}

function readCurrent(config: JsonObject): ImportedKubeconfig {
  const faults: KubeconfigFault[] = []
  const wrong = (pointer: string, what: string) => void faults.push({ pointer, what })
  const current = textAt(config, 'current-context')
  const context = find(config, 'contexts', current)
  if (!context) return failed([{ pointer: '/current-context', what: 'names none of the contexts' }])
  const cluster = find(config, 'clusters', textAt(context.entry, 'context', 'cluster'))
  const user = find(config, 'users', textAt(context.entry, 'context', 'user'))
  if (!cluster) wrong(`${context.pointer}/context/cluster`, 'names none of the clusters')
  if (!user) wrong(`${context.pointer}/context/user`, 'names none of the users')
  if (!cluster || !user) return failed(faults)

  const [at1, at2] = [`${cluster.pointer}/cluster`, `${user.pointer}/user`]
  const [clusterBody, userBody] = [objectAt(cluster.entry, 'cluster'), objectAt(user.entry, 'user')]
  const server = textAt(clusterBody, 'server')
  if (!isHttps(server)) wrong(`${at1}/server`, 'must be an https address without a user, a query or a fragment')
  if (at(clusterBody, 'insecure-skip-tls-verify') === true)
    wrong(`${at1}/insecure-skip-tls-verify`, 'would take any server for this one: give its authority')
  const ca = pem(clusterBody, 'certificate-authority-data', at1, wrong)
  const cert = pem(userBody, 'client-certificate-data', at2, wrong)
  const key = pem(userBody, 'client-key-data', at2, wrong)
  const token = textAt(userBody, 'token')
  if ((cert === undefined) !== (key === undefined))
    wrong(at2, 'needs client-certificate-data and client-key-data together')
  if (!cert && !token) wrong(at2, 'holds no client certificate and no token')
  if (/[^\x21-\x7e]/.test(token)) wrong(`${at2}/token`, 'must be printable ASCII without spaces')
  const tlsServerName = textAt(clusterBody, 'tls-server-name')
  const [first, ...others] = faults
  if (first) return { faults: [first, ...others] }
  return {
    credentials: {
      server,
      ...(ca === undefined ? {} : { ca }),
      ...(cert !== undefined && key !== undefined ? { client: { cert, key } } : {}),
      ...(token ? { token } : {}),
      ...(tlsServerName === '' ? {} : { tlsServerName }),
    },
  }
}

function find(config: JsonObject, section: string, name: string): { entry: unknown; pointer: string } | undefined {
  const index = listAt(config, section).findIndex(entry => name !== '' && textAt(entry, 'name') === name)
  return index === -1 ? undefined : { entry: listAt(config, section)[index], pointer: `/${section}/${index}` }
}

function pem(
  body: JsonObject,
  key: string,
  pointer: string,
  wrong: (pointer: string, what: string) => void,
): string | undefined {
  const text = textAt(body, key)
  if (text === '') return undefined
  const decoded = Buffer.from(text, 'base64').toString('utf8')
  if (!decoded.includes('-----BEGIN ')) wrong(`${pointer}/${key}`, 'is not a PEM text in base64')
  return decoded
}

function isHttps(server: string): boolean {
  if (!URL.canParse(server)) return false
  const { protocol, username, password, search, hash } = new URL(server)
  return protocol === 'https:' && username + password + search + hash === ''
}

function failed(faults: KubeconfigFault[]): ImportedKubeconfig {
  const [first = { pointer: '', what: 'cannot be used' }, ...others] = faults
  return { faults: [first, ...others] }
}
