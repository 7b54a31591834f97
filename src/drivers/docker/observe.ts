import type Docker from 'dockerode'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { NodeRole, ObservedNetwork, ObservedNode, RuntimeObserver } from '../runtime.ts'
import { act, type DockerClient } from './client.ts'
import { jsonLines, listImages } from './images.ts'
import { clusterIdLabel, clusterLabel, gatewayLabel, roleLabel } from './labels.ts'

export interface ObserveOptions {
  clock: Clock
  random: () => number
}

/** The daemon is asked for a sign of life this often while it has nothing to report. */
const probeMs = 15_000
const probeTimeoutMs = 10_000

/**
 * Docker's events as a live picture of node containers and their networks: listen first, then list, so that nothing
 * falls between; each event makes its object be inspected anew, so that order and repetition do not matter.
 */
export async function observeDocker(
  client: DockerClient,
  observer: RuntimeObserver,
  signal: AbortSignal,
  { clock, random }: ObserveOptions,
): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const session = new AbortController()
    const both = AbortSignal.any([signal, session.signal])
    try {
      await Promise.race([follow(client, observer, both, () => (failures = 0)), probe(client.acts, clock, both)])
    } catch (error) {
      if (signal.aborted) break
      observer.down(messageOf(error))
    } finally {
      session.abort()
    }
    await clock.sleep(random() * Math.min(5000, 250 * 2 ** failures), signal).catch(() => undefined)
  }
}

async function follow(
  { acts, streams }: DockerClient,
  observer: RuntimeObserver,
  signal: AbortSignal,
  onHealthy: () => void,
): Promise<void> {
  const events = await act(() =>
    streams.getEvents({
      filters: { type: ['container', 'network', 'image'] },
      abortSignal: signal,
    }),
  )
  if (!events) return
  const networks = (await act(() => acts.listNetworks({ filters: { label: [clusterIdLabel] } }))) ?? []
  const containers = (await act(() => acts.listContainers({ all: true, filters: { label: [clusterLabel] } }))) ?? []
  const nodes = await Promise.all(containers.map(({ Id }) => inspectNode(acts, Id)))
  observer.images(await listImages(acts))
  observer.snapshot(
    nodes.filter(node => node !== undefined),
    networks.map(toNetwork),
  )
  onHealthy()
  for await (const event of jsonLines(events, signal)) {
    const change = changeOf(event)
    if (change?.type === 'container' && change.attributes[clusterLabel] !== undefined) {
      const node = await inspectNode(acts, change.id)
      if (node) observer.node(node)
      else observer.nodeGone(change.name)
    }
    if (change?.type === 'image') observer.images(await listImages(acts))
    if (change?.type === 'network') {
      // Removal events carry no labels; a name that is not one of ours is nothing to forget.
      const network = await act(() => acts.getNetwork(change.id).inspect(), 404)
      if (network === undefined) observer.networkGone(change.name)
      else if (network.Labels?.[clusterIdLabel]) observer.network(toNetwork(network))
    }
  }
  throw new Error('Docker ended the stream of events')
}

/** Rejects when the daemon gives no sign of life. */
async function probe(docker: Docker, clock: Clock, signal: AbortSignal): Promise<never> {
  while (true) {
    await clock.sleep(probeMs, signal)
    const silence = clock.sleep(probeTimeoutMs, signal).then(() => {
      throw new Error(`Docker gave no sign of life for ${probeTimeoutMs / 1000} s`)
    })
    await Promise.race([act(() => docker.ping()), silence])
  }
}

interface Change {
  type: 'container' | 'network' | 'image'
  id: string
  name: string
  attributes: Record<string, unknown>
}

// Commands run in a container and its output say nothing of its state, and come in numbers.
const noise = /^(exec_|attach|top|resize|archive-path|extract-to-dir|connect|disconnect)/

function changeOf(event: object): Change | undefined {
  if (!('Type' in event) || !('Action' in event) || !('Actor' in event)) return undefined
  const { Type: type, Action: action, Actor: actor } = event
  if ((type !== 'container' && type !== 'network' && type !== 'image') || typeof action !== 'string') return undefined
  if (noise.test(action) || typeof actor !== 'object' || actor === null) return undefined
  if (!('ID' in actor) || typeof actor.ID !== 'string' || !('Attributes' in actor)) return undefined
  const attributes = actor.Attributes
  if (typeof attributes !== 'object' || attributes === null) return undefined
  const named = Object.fromEntries(Object.entries(attributes))
  return { type, id: actor.ID, name: String(named.name ?? ''), attributes: named }
}

async function inspectNode(docker: Docker, id: string): Promise<ObservedNode | undefined> {
  const container = await act(() => docker.getContainer(id).inspect(), 404)
  const labels = container?.Config.Labels
  const cluster = labels?.[clusterLabel]
  if (!container || !labels || cluster === undefined || container.State.Status === 'removing') return undefined
  const [network] = Object.entries(container.NetworkSettings.Networks)
  const published = container.HostConfig.PortBindings?.['6443/tcp']
  const [binding] = Array.isArray(published) ? published : []
  const { Status: status, ExitCode: exitCode } = container.State
  return {
    id: container.Id,
    name: container.Name.replace(/^\//, ''),
    cluster,
    clusterId: labels[clusterIdLabel] ?? null,
    gateway: labels[gatewayLabel] ?? null,
    role: roleOf(labels[roleLabel]),
    image: container.Config.Image,
    imageId: container.Image,
    state: status === 'running' || status === 'created' ? status : 'exited',
    address: network?.[1].IPAMConfig?.IPv4Address || network?.[1].IPAddress || null,
    network: network?.[0] ?? null,
    apiServer: binding?.HostPort ? { host: reachable(binding.HostIp), port: Number(binding.HostPort) } : null,
    startedAt: startOf(container.State.StartedAt),
    exitCode: status === 'exited' || status === 'dead' ? exitCode : null,
  }
}

/** A container that never ran has the year 1. */
function startOf(time: string): number | null {
  const at = Date.parse(time)
  return at > 0 ? at : null
}

function roleOf(label: string | undefined): NodeRole {
  return label === 'control-plane' || label === 'external-load-balancer' ? label : 'worker'
}

/** Published on every address means reachable on loopback. */
function reachable(hostIp: string | undefined): string {
  return !hostIp || hostIp === '0.0.0.0' ? '127.0.0.1' : hostIp
}

function toNetwork(network: Docker.NetworkInspectInfo): ObservedNetwork {
  const range = network.IPAM?.Config?.find(each => each.Subnet?.includes('.'))
  return {
    id: network.Id,
    name: network.Name,
    subnet: range?.Subnet ?? null,
    hostAddress: range?.Gateway ?? null,
    clusterId: network.Labels?.[clusterIdLabel] ?? null,
    gateway: network.Labels?.[gatewayLabel] ?? null,
  }
}
