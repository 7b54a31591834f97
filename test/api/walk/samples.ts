import { randomUUID } from 'node:crypto'
import type { InjectOptions } from 'fastify'
import { ann, root } from '../../support/engine-on-simulated.ts'
import type { Served, User } from '../served.ts'
import { kubefoxSamples } from './kubefox.ts'

/** What is sent to a route. */
export type Sent = Pick<InjectOptions, 'url' | 'payload' | 'headers'>

/** What a user is answered: what they asked for, or one of these statuses. */
export type Answered = 'ok' | number[]

/** How a route is tried: by nobody, by its owner (ann), by a stranger (bob) and by an admin (root). */
export interface Sample {
  /** Needs no credential: what nobody is answered. */
  open?: Answered
  /** A request for something of ann's that is there. Called anew for each who asks. */
  request(served: Served, as: User | null): Sent | Promise<Sent>
  expect: Record<User, Answered>
  /** A text that the owner's and the admin's answer has and a stranger's has not. */
  ofAnn?: string
}

const hidden: Answered = [404]
const refused: Answered = [403]

/** A resource: its owner and admins have it, for others it does not exist. */
export function owned(request: Sample['request']): Sample {
  return { request, expect: { ann: 'ok', bob: hidden, root: 'ok' } }
}

/** A list: everybody is answered, with what is theirs, and ann has something. */
export function listed(request: Sample['request']): Sample {
  return { request, expect: { ann: 'ok', bob: 'ok', root: 'ok' }, ofAnn: '"owner":"ann"' }
}

/** Something that is the same for every user. */
export function shared(request: Sample['request']): Sample {
  return { request, expect: { ann: 'ok', bob: 'ok', root: 'ok' } }
}

/** Something about a user that only admins do: the user may know of it, others may not. */
export function byAdmins(request: Sample['request']): Sample {
  return { request, expect: { ann: refused, bob: hidden, root: 'ok' } }
}

/** Something that is there for admins alone. */
export function forAdmins(request: Sample['request']): Sample {
  return { request, expect: { ann: refused, bob: refused, root: 'ok' } }
}

/** For everybody, without a credential. */
export function open(url: string, answered: Answered = 'ok'): Sample {
  return { request: () => ({ url }), expect: { ann: answered, bob: answered, root: answered }, open: answered }
}

/** What every user is let in to, and answered for what the request lacks beside its credential. */
export function admitted(url: string, status: number): Sample {
  return { request: () => ({ url }), expect: { ann: [status], bob: [status], root: [status] } }
}

const uniqueName = () => `walked-${randomUUID().slice(0, 8)}`
let addresses = 0
const uniqueAddress = () => `203.0.113.${++addresses}`
const uuid = '718bef86-7dfe-46c0-bf4e-3dfea83c6c28'

/** A cluster of ann's that is ready. */
async function cluster({ create }: Served): Promise<string> {
  const name = uniqueName()
  await create({ name, nodes: 2 }, ann)
  return name
}

async function worker(served: Served): Promise<string> {
  return served.worker(await cluster(served)).name
}

async function operation(served: Served): Promise<string> {
  const name = await cluster(served)
  const [made] = served.engine.tables.operations.list({ viewer: root, filter: each => each.cluster === name }).items
  return made?.id ?? ''
}

/** Who has no credential learns nothing of what there is: it need not be there. */
const at = (name: (served: Served) => Promise<string>, path: (name: string) => string, payload?: object) =>
  owned(async (served, as) => ({
    url: path(as === null ? uuid : await name(served)),
    ...(payload ? { payload } : {}),
  }))

const lists = (url: string) =>
  listed(async (served, as) => {
    if (as !== null) await cluster(served)
    return { url }
  })

/** The path of something of that kind in a cluster of ann's, once it has been seen. */
async function inCluster(served: Served, kind: 'pods' | 'services'): Promise<string> {
  const name = await cluster(served)
  const table = served.engine.tables[kind]
  return new Promise(resolve => {
    const look = () => {
      const [found] = table.list({ viewer: root, filter: each => each.cluster === name }).items
      if (!found) return
      end()
      resolve(`/api/v1/clusters/${name}/namespaces/${found.namespace}/${kind}/${found.name}`)
    }
    const end = table.subscribe(look)
    look()
  })
}

const listsSeen = (kind: 'pods' | 'services') =>
  listed(async (served, as) => {
    if (as !== null) await inCluster(served, kind)
    return { url: `/api/v1/${kind}` }
  })

const oneSeen = (kind: 'pods' | 'services') =>
  owned(async (served, as) => ({
    url: as === null ? `/api/v1/clusters/any/namespaces/any/${kind}/any` : await inCluster(served, kind),
  }))

/** What a pod of ann's is asked for itself. */
const ofPod =
  (rest = ''): Sample['request'] =>
  async (served, as) => ({
    url: `${as === null ? '/api/v1/clusters/any/namespaces/any/pods/any' : await inCluster(served, 'pods')}${rest}`,
  })

/** Whoever asks for no WebSocket is told so before anything is looked for. */
const upgrading = (rest: string): Sample => ({
  request: ofPod(rest),
  expect: { ann: [426], bob: [426], root: [426] },
})

/** By every method; a simulated cluster has no API server to pass anything to. */
const passed: Record<string, Sample> = Object.fromEntries(
  ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT'].flatMap(method =>
    ['', '/*'].map(rest => [
      `${method} /api/v1/clusters/:name/proxy${rest}`,
      {
        request: async (served: Served, as: User | null) => ({
          url: `/api/v1/clusters/${as === null ? 'any' : await cluster(served)}/proxy${rest === '' ? '' : '/api'}`,
        }),
        expect: { ann: [503], bob: hidden, root: [503] },
      },
    ]),
  ),
)

/** A credential of ann's. */
async function token({ engine }: Served): Promise<string> {
  return (await engine.users.tokens.create(root, 'ann', { name: uniqueName() })).id
}

async function serviceAccount({ engine }: Served): Promise<string> {
  const at = { host: 'localhost', port: 9601 }
  return (await engine.users.serviceAccounts.create(root, 'ann', { name: uniqueName() }, at)).id
}

const oneUnit = { resourceUnit: '1-Unit-Resource' }

/** An order, which an admin made. */
async function order({ engine }: Served): Promise<string> {
  return (await engine.orders.create(root, oneUnit)).order.id
}

/** V-Kube's routes: some are open, the others are for who has an order's secret, and no user's credential is one. */
function vkube(prefix: string): Record<string, Sample> {
  const bySecret = ['GET /order', 'POST /deploy', 'GET /pod/status', 'GET /pod/log', 'GET /pod/logs']
  const acts = ['POST /pod/restart', 'POST /pod/stop', 'POST /pod/start', 'DELETE /pod', 'PUT /pod/update']
  const secret = [...bySecret, ...acts].map(route => route.replace(' ', ` ${prefix}`))
  const others = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'].flatMap(method => [
    `${method} ${prefix}`,
    `${method} ${prefix}/*`,
  ])
  return {
    [`GET ${prefix}/regions`]: open(`${prefix}/regions`),
    [`GET ${prefix}/images`]: open(`${prefix}/images`, [400]),
    [`POST ${prefix}/checkports`]: open(`${prefix}/checkports`, [400]),
    ...Object.fromEntries(secret.map(route => [route, admitted(route.split(' ')[1] ?? '', 401)])),
    ...Object.fromEntries(others.map(route => [route, open(`${prefix}/nothing`, [404])])),
  }
}

/** By method and pattern, as the server lists them; HEAD is tried as GET is. */
export const samples: Record<string, Sample> = {
  'GET /': open('/'),
  'GET /openapi.json': open('/openapi.json'),
  'GET /livez': open('/livez'),
  'GET /readyz': open('/readyz'),
  'GET /docs': open('/docs'),
  'GET /docs/json': open('/docs/json'),
  'GET /docs/yaml': open('/docs/yaml'),
  'GET /docs/static/*': open('/docs/static/swagger-ui.css'),
  'GET /docs/static/index.html': open('/docs/static/index.html'),
  'GET /docs/static/swagger-initializer.js': open('/docs/static/swagger-initializer.js'),
  'GET /docs/static/theme/kindgate.css': open('/docs/static/theme/kindgate.css'),
  'GET /asyncapi.yaml': open('/asyncapi.yaml'),
  'GET /docs/async': open('/docs/async'),
  // An upgrade of the connection.
  'GET /qbo': admitted('/qbo', 426),
  // No provider is set.
  'GET /login': open('/login', [404]),
  'GET /login/callback': open('/login/callback', [404]),
  // A session.
  'POST /logout': admitted('/logout', 409),
  'GET /metrics': shared(() => ({ url: '/metrics' })),

  'GET /api/v1/version': shared(() => ({ url: '/api/v1/version' })),
  'GET /api/v1/images': shared(() => ({ url: '/api/v1/images' })),

  'GET /api/v1/clusters': lists('/api/v1/clusters'),
  'POST /api/v1/clusters': shared(() => ({ url: '/api/v1/clusters', payload: { name: uniqueName(), nodes: 1 } })),
  'GET /api/v1/clusters/:name': at(cluster, name => `/api/v1/clusters/${name}`),
  'PATCH /api/v1/clusters/:name': at(cluster, name => `/api/v1/clusters/${name}`, { nodes: 3 }),
  'DELETE /api/v1/clusters/:name': at(cluster, name => `/api/v1/clusters/${name}`),
  'POST /api/v1/clusters/:name/start': at(cluster, name => `/api/v1/clusters/${name}/start`),
  'POST /api/v1/clusters/:name/stop': at(cluster, name => `/api/v1/clusters/${name}/stop`),
  'GET /api/v1/clusters/:name/kubeconfig': at(cluster, name => `/api/v1/clusters/${name}/kubeconfig`),
  'GET /api/v1/clusters/:name/nodes': at(cluster, name => `/api/v1/clusters/${name}/nodes`),
  'POST /api/v1/clusters/:name/nodes': at(cluster, name => `/api/v1/clusters/${name}/nodes`, { count: 1 }),

  'GET /api/v1/nodes': lists('/api/v1/nodes'),
  'GET /api/v1/nodes/:name': at(worker, name => `/api/v1/nodes/${name}`),
  'DELETE /api/v1/nodes/:name': at(worker, name => `/api/v1/nodes/${name}`),
  'POST /api/v1/nodes/:name/start': at(worker, name => `/api/v1/nodes/${name}/start`),
  'POST /api/v1/nodes/:name/stop': at(worker, name => `/api/v1/nodes/${name}/stop`),
  'GET /api/v1/nodes/:name/processes': at(worker, name => `/api/v1/nodes/${name}/processes`),

  'GET /api/v1/networks': lists('/api/v1/networks'),
  'GET /api/v1/networks/:name': at(cluster, name => `/api/v1/networks/kindgate-${name}`),

  'POST /api/v1/networks': forAdmins(() => ({ url: '/api/v1/networks', payload: { addresses: [uniqueAddress()] } })),
  'DELETE /api/v1/networks/:name': {
    async request({ engine }, as) {
      if (as !== 'root') return { url: '/api/v1/networks/any' }
      const { name } = await engine.networks.create(root, { addresses: [uniqueAddress()] })
      return { url: `/api/v1/networks/${name}` }
    },
    // Clusters that were walked before may have taken its address.
    expect: { ann: refused, bob: refused, root: [204, 409] },
  },
  'GET /api/v1/ipvs': lists('/api/v1/ipvs'),
  'GET /api/v1/clusters/:name/ipvs': at(cluster, name => `/api/v1/clusters/${name}/ipvs`),

  'GET /api/v1/pods': listsSeen('pods'),
  'GET /api/v1/clusters/:name/pods': at(cluster, name => `/api/v1/clusters/${name}/pods`),
  'GET /api/v1/clusters/:cluster/namespaces/:namespace/pods/:name': oneSeen('pods'),
  'DELETE /api/v1/clusters/:cluster/namespaces/:namespace/pods/:name': owned(ofPod()),
  'GET /api/v1/clusters/:cluster/namespaces/:namespace/pods/:name/log': owned(ofPod('/log')),
  'GET /api/v1/clusters/:cluster/namespaces/:namespace/pods/:name/exec': upgrading('/exec?command=ls'),
  'GET /api/v1/clusters/:cluster/namespaces/:namespace/pods/:name/attach': upgrading('/attach'),
  ...passed,
  'GET /api/v1/services': listsSeen('services'),
  'GET /api/v1/clusters/:name/services': at(cluster, name => `/api/v1/clusters/${name}/services`),
  'GET /api/v1/clusters/:cluster/namespaces/:namespace/services/:name': oneSeen('services'),

  'GET /api/v1/operations': lists('/api/v1/operations'),
  'GET /api/v1/operations/:id': at(operation, id => `/api/v1/operations/${id}`),

  'GET /api/v1/users': listed(() => ({ url: '/api/v1/users' })),
  'GET /api/v1/users/me': shared(() => ({ url: '/api/v1/users/me' })),
  ...Object.fromEntries(
    ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(method => [
      `${method} /api/v1/users/me`,
      admitted('/api/v1/users/me', 405),
    ]),
  ),
  'POST /api/v1/users': forAdmins(() => ({ url: '/api/v1/users', payload: { name: uniqueName() } })),
  'GET /api/v1/users/:name': owned(() => ({ url: '/api/v1/users/ann' })),
  'PATCH /api/v1/users/:name': byAdmins(() => ({ url: '/api/v1/users/ann', payload: { disabled: false } })),
  'DELETE /api/v1/users/:name': byAdmins(async ({ engine }, as) => {
    if (as !== 'root') return { url: '/api/v1/users/ann' }
    return { url: `/api/v1/users/${(await engine.users.create(root, { name: uniqueName() })).name}` }
  }),
  'GET /api/v1/users/:name/tokens': owned(() => ({ url: '/api/v1/users/ann/tokens' })),
  'POST /api/v1/users/:name/tokens': owned(() => ({
    url: '/api/v1/users/ann/tokens',
    payload: { name: uniqueName() },
  })),
  'DELETE /api/v1/users/:name/tokens/:credential': at(token, id => `/api/v1/users/ann/tokens/${id}`),
  'GET /api/v1/users/:name/service-accounts': owned(() => ({ url: '/api/v1/users/ann/service-accounts' })),
  'POST /api/v1/users/:name/service-accounts': owned(() => ({
    url: '/api/v1/users/ann/service-accounts',
    payload: { name: uniqueName() },
  })),
  'DELETE /api/v1/users/:name/service-accounts/:credential': at(
    serviceAccount,
    id => `/api/v1/users/ann/service-accounts/${id}`,
  ),
  'GET /api/v1/orders': shared(() => ({ url: '/api/v1/orders' })),
  'POST /api/v1/orders': forAdmins(() => ({ url: '/api/v1/orders', payload: oneUnit })),
  'GET /api/v1/orders/:id': {
    request: async served => ({ url: `/api/v1/orders/${await order(served)}` }),
    expect: { ann: hidden, bob: hidden, root: 'ok' },
  },
  'PATCH /api/v1/orders/:id': forAdmins(async served => ({
    url: `/api/v1/orders/${await order(served)}`,
    payload: { duration: 2 },
  })),
  'DELETE /api/v1/orders/:id': forAdmins(async served => ({ url: `/api/v1/orders/${await order(served)}` })),
  ...vkube('/k8s'),
  ...vkube('/api/v1/k8s'),

  'GET /api/v1/refs': shared(() => ({ url: '/api/v1/refs' })),
  ...kubefoxSamples,

  'GET /api/v1/audit': forAdmins(() => ({ url: '/api/v1/audit' })),
}
