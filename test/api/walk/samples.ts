import { randomUUID } from 'node:crypto'
import type { InjectOptions } from 'fastify'
import { ann, root } from '../../support/engine-on-simulated.ts'
import type { Served, User } from '../served.ts'

/** What is sent to a route. */
export type Sent = Pick<InjectOptions, 'url' | 'payload' | 'headers'>

/** What a user is answered: what they asked for, or one of these statuses. */
export type Answered = 'ok' | number[]

/** How a route is tried: by nobody, by its owner (ann), by a stranger (bob) and by an admin (root). */
export interface Sample {
  /** Needs no credential. */
  open?: boolean
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
export function open(url: string): Sample {
  return { ...shared(() => ({ url })), open: true }
}

const uniqueName = () => `walked-${randomUUID().slice(0, 8)}`
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

/** A credential of ann's. */
async function token({ engine }: Served): Promise<string> {
  return (await engine.users.tokens.create(root, 'ann', { name: uniqueName() })).id
}

async function serviceAccount({ engine }: Served): Promise<string> {
  const at = { host: 'localhost', port: 9601 }
  return (await engine.users.serviceAccounts.create(root, 'ann', { name: uniqueName() }, at)).id
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

  'GET /api/v1/pods': listsSeen('pods'),
  'GET /api/v1/clusters/:name/pods': at(cluster, name => `/api/v1/clusters/${name}/pods`),
  'GET /api/v1/clusters/:cluster/namespaces/:namespace/pods/:name': oneSeen('pods'),
  'GET /api/v1/services': listsSeen('services'),
  'GET /api/v1/clusters/:name/services': at(cluster, name => `/api/v1/clusters/${name}/services`),
  'GET /api/v1/clusters/:cluster/namespaces/:namespace/services/:name': oneSeen('services'),

  'GET /api/v1/operations': lists('/api/v1/operations'),
  'GET /api/v1/operations/:id': at(operation, id => `/api/v1/operations/${id}`),

  'GET /api/v1/users': listed(() => ({ url: '/api/v1/users' })),
  'GET /api/v1/users/me': shared(() => ({ url: '/api/v1/users/me' })),
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
  'GET /api/v1/audit': forAdmins(() => ({ url: '/api/v1/audit' })),
}
