import type { ClusterSpec, NodeSpec, ObservedNode, Runtime } from '../../../src/drivers/runtime.ts'

export const image = 'kindest/node:v1.34.4'

export interface TestCluster {
  spec: ClusterSpec
  controlPlane: NodeSpec
  workers: NodeSpec[]
}

/** What the engine would ask for; `index` sets subnets and ports apart. */
export async function planCluster(runtime: Runtime, name: string, workers: number, index = 1): Promise<TestCluster> {
  const found = await runtime.images.find(image)
  const prefix = `10.${100 + Math.floor(index / 256)}.${index % 256}`
  const base = { cluster: name, clusterId: `id-of-${name}`, gatewayId: 'this', image: found?.id ?? '', network: name }
  const controlPlane: NodeSpec = {
    ...base,
    name: `control-${name}`,
    role: 'control-plane',
    address: `${prefix}.2`,
    apiServer: { host: '127.0.0.1', port: 20_000 + index },
  }
  const spec: ClusterSpec = {
    name,
    id: base.clusterId,
    controlPlane: {
      name: controlPlane.name,
      address: controlPlane.address,
      apiServer: { host: '127.0.0.1', port: 20_000 + index },
    },
    nodes: workers + 1,
  }
  await runtime.networks.ensure({
    name,
    cluster: name,
    clusterId: spec.id,
    subnet: `${prefix}.0/24`,
    gatewayId: base.gatewayId,
    hostAddress: `${prefix}.1`,
  })
  return {
    spec,
    controlPlane,
    workers: Array.from({ length: workers }, (_, i) => ({
      ...base,
      name: `node-${name}-${i}`,
      role: 'worker',
      address: `${prefix}.${3 + i}`,
      apiServer: null,
    })),
  }
}

/** Brings a cluster up the way the engine does. */
export async function bringUp(runtime: Runtime, name: string, workers: number, index?: number): Promise<TestCluster> {
  const cluster = await planCluster(runtime, name, workers, index)
  const { signal } = new AbortController()
  const boot = async (node: NodeSpec) => {
    await runtime.nodes.create(node)
    await runtime.bootstrap.prepare(cluster.spec, node)
    await runtime.nodes.start(node.name)
  }
  await Promise.all([cluster.controlPlane, ...cluster.workers].map(boot))
  const init = runtime.bootstrap.init(cluster.spec, signal)
  await init.apiServer
  await Promise.all([
    init.done,
    runtime.bootstrap.addons(cluster.spec, signal),
    ...cluster.workers.map(worker => runtime.bootstrap.join(cluster.spec, worker, signal)),
  ])
  return cluster
}

/** A node as an observer would know it, for what needs an observed one. */
export function asObserved(node: NodeSpec): ObservedNode {
  return {
    ...node,
    id: '',
    gateway: node.gatewayId,
    imageId: node.image,
    state: 'running',
    exitCode: null,
    startedAt: null,
  }
}
