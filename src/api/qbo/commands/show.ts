import { GatewayError } from '../../../errors.ts'
import { clusterTargets } from './resolve.ts'
import type { Task } from './task.ts'

/** `get cluster NAME -k`: each kubeconfig in an output of its own. */
export async function kubeconfig(task: Task): Promise<void> {
  const { engine, principal, voice } = task
  for (const target of clusterTargets(task)) {
    if ('error' in target) throw target.error
    const text = await engine.clusters.kubeconfig(principal, target.name)
    task.reply(voice.say('output', JSON.stringify({ kubeconfig: text })))
  }
}

/** The gateway's version; a client puts its own before it. */
export async function version({ engine, reached, voice, reply }: Task): Promise<void> {
  const { version: own, docker } = engine.version()
  const arch = archOf(docker?.arch ?? process.arch)
  const element = { docker: docker?.version ?? '', qbo: `api:kindgate-${own}`, host: reached.host, arch }
  reply(voice.say('version', JSON.stringify(element)))
}

/** As the compilers' macros name processors, which QBO shows. */
function archOf(name: string): string {
  const names: Record<string, string> = { amd64: 'x86_64', x64: 'x86_64', arm64: 'aarch64' }
  return `__${names[name] ?? name}__`
}

/** Node images: those that are here and those that registries have; says which registries do not answer. */
export async function images({ engine, principal, command, voice, reply }: Task): Promise<void> {
  const named = new Set(command.names)
  const found = await engine.images.list(principal, { all: named.size > 0 || command.flags.has('all') })
  const shown = found.images.filter(({ name }) => named.size === 0 || named.has(name) || named.has(partsOf(name).name))
  const elements = shown.map(({ name, local, size, digest }) => ({
    ...partsOf(name),
    local: local ? 1 : 0,
    ...(size === null ? {} : { size }),
    ...(digest === null ? {} : { digest: digest.replace(/^.*@/, '') }),
  }))
  reply(voice.say('images', elements.map(element => JSON.stringify(element)).join(',')))
  for (const repository of found.unanswered) {
    const message = `no answer from the registry of ${repository}: only its local images are shown`
    reply(voice.say('output', JSON.stringify({ message })))
  }
}

/** A reference as QBO takes it apart: `hub.docker.com/kindest/node:v1.27.2`. */
export function partsOf(reference: string) {
  const [, path = '', tag = ''] = /^(.*?)(?::([\w.-]+))?(?:@.*)?$/.exec(reference) ?? []
  const segments = path.split('/')
  const [first = ''] = segments
  const hosted = segments.length > 1 && /[.:]|^localhost$/.test(first)
  const registry = hosted ? first : 'hub.docker.com'
  const inside = hosted ? segments.slice(1) : segments
  const image = inside.at(-1) ?? ''
  const user = inside.length > 1 ? (inside[0] ?? '') : ''
  const name = `${registry}/${inside.join('/')}${tag === '' ? '' : `:${tag}`}`
  return { name, registry, user, repository: inside.slice(1, -1).join('/'), image, tag }
}

/** Ends watches of this connection. */
export async function stopWatches(task: Task): Promise<void> {
  const { command, voice, reply } = task
  const stopped = task.stopWatches(command.names.length > 0 ? command.names : 'all')
  if (stopped === 0 && command.names.length > 0) {
    throw new GatewayError('NotFound', `no watch of this connection is ${command.names.join(' or ')}`)
  }
  reply(voice.say('output', JSON.stringify({ message: `watches ended: ${stopped}` })))
}
