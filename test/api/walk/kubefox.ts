import { randomUUID } from 'node:crypto'
import type { Served } from '../served.ts'
import type { Sample } from './samples.ts'

const base = '/api/kubefox/v0'
const json = { 'content-type': 'application/json' }
const kinds = ['config', 'environment', 'system', 'platform']
const gitHash = 'a909eca'

const bodies: Record<string, object> = {
  config: {},
  environment: {},
  system: { gitRepo: 'https://git.example.com/demo', gitHash, gitRef: 'branch/main', apps: {} },
}

/** Something of ann's of that kind, with a tag and, of a system, a branch; answers with its name and id. */
export async function made(served: Served, kind: string): Promise<{ name: string; id: string }> {
  const name = `w${randomUUID().slice(0, 8)}`
  if (kind === 'platform') {
    await served.ask('ann', { method: 'PUT', url: `${base}/platform/${name}`, payload: '{}', headers: json })
    return { name, id: '' }
  }
  const of = `${base}/${kind}/${name}`
  const payload = JSON.stringify(bodies[kind])
  const { id }: { id: string } = (await served.ask('ann', { method: 'POST', url: of, payload, headers: json })).json()
    .data
  const text = { 'content-type': 'text/plain' }
  await served.ask('ann', { method: 'POST', url: `${of}/tag/v1.0`, payload: id, headers: text })
  if (kind === 'system')
    await served.ask('ann', { method: 'PUT', url: `${of}/branch/main`, payload: id, headers: text })
  return { name, id }
}

/** A route below a kind; what is in braces is filled in with something of ann's. */
function below(kind: string, path: string): Sample['request'] {
  return async (served, as) => {
    const { name, id } = as === null || path === '' ? { name: 'any', id: 'any' } : await made(served, kind)
    const url = `${base}/${kind}${path}`
      .replace(':name', name)
      .replace(':id', id)
      .replace(':tag', 'v1.0')
      .replace(':branch', 'main')
      .replace(':refType', 'tag')
      .replace(':ref', 'v1.0')
      .replace(':system', 'demo')
      .replace(':environment', 'dev')
    return { url }
  }
}

const everybody: Sample['expect'] = { ann: 'ok', bob: 'ok', root: 'ok' }
const hers: Sample['expect'] = { ann: 'ok', bob: [404], root: 'ok' }
/** A list of nothing, as of what is not there, is an empty one. */
const listed: Sample['expect'] = everybody
/** Without a body, and of what is not there, nobody changes anything; a stranger never does. */
const change: Sample['expect'] = {
  ann: [200, 201, 400, 404, 409],
  bob: [400, 404, 409],
  root: [200, 201, 400, 404, 409],
}
/** As the original answers for what is not there: a stranger is told so, and it stays. */
const removal: Sample['expect'] = { ...change, bob: 'ok' }
const absent: Sample['expect'] = { ann: [404], bob: [404], root: [404] }

function samplesOf(kind: string): [string, Sample][] {
  const routes: [string, string, Sample['expect']][] = [
    ['GET', '', everybody],
    ['GET', '/:name', hers],
    ['DELETE', '/:name', change],
    ['GET', '/:name/metadata', hers],
    ['PUT', '/:name/metadata', change],
    ['PATCH', '/:name/metadata', change],
  ]
  if (kind === 'platform')
    routes.push(
      ['PUT', '/:name', change],
      ['PATCH', '/:name', change],
      ['GET', '/:name/deployment', hers],
      ['POST', '/:name/deployment', change],
      ['GET', '/:name/deployment/:system', absent],
      ['DELETE', '/:name/deployment/:system', change],
      ['GET', '/:name/deployment/:system/:refType/:ref', absent],
      ['DELETE', '/:name/deployment/:system/:refType/:ref', change],
      ['GET', '/:name/release', hers],
      ['POST', '/:name/release', change],
      ['GET', '/:name/release/:system/:environment', absent],
      ['DELETE', '/:name/release/:system/:environment', change],
    )
  else
    routes.push(
      ['POST', '/:name', change],
      ['GET', '/:name/id', listed],
      ['GET', '/:name/id/:id', hers],
      ['GET', '/:name/tag', listed],
      ['GET', '/:name/tag/:tag', hers],
      ['POST', '/:name/tag/:tag', change],
      ['PUT', '/:name/tag/:tag', change],
      ['DELETE', '/:name/tag/:tag', removal],
    )
  if (kind === 'system')
    routes.push(
      ['GET', '/:name/branch', listed],
      ['GET', '/:name/branch/:branch', hers],
      ['PUT', '/:name/branch/:branch', change],
      ['DELETE', '/:name/branch/:branch', removal],
    )
  return routes.map(([method, path, expect]) => [
    `${method} ${base}/${kind}${path}`,
    { request: below(kind, path), expect },
  ])
}

/** KubeFox's routes over what ann has made; what is refused for its body alone is `test/api/kubefox/`'s. */
export const kubefoxSamples: Record<string, Sample> = {
  [`GET ${base}/ping`]: { request: () => ({ url: `${base}/ping` }), expect: everybody },
  ...Object.fromEntries(kinds.flatMap(samplesOf)),
  ...Object.fromEntries(
    ['GET', 'DELETE', 'POST', 'PUT', 'PATCH'].map(method => [
      `${method} ${base}/*`,
      { request: () => ({ url: `${base}/nothing/at/all` }), expect: absent },
    ]),
  ),
}
