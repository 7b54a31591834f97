import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import type { NetworkSpec, NodeSpec, Runtime } from '../../src/drivers/runtime.ts'
import { RuntimeError } from '../../src/drivers/runtime.ts'

/** Nodes, networks and clusters of these tests begin with it, so that what a killed run left is found. */
export const contractPrefix = 'kgtest-'

export interface Scope {
  cluster: string
  clusterId: string
  network: NetworkSpec
  imageId: string
  worker: NodeSpec
  /** A control plane node's specification with an address and a port of its own. */
  controlPlane(): Promise<NodeSpec>
}

/** A cluster's names and its network; everything made in it goes when the test ends. */
export async function openScope(t: TestContext, runtime: Runtime, image?: string): Promise<Scope> {
  const cluster = `${contractPrefix}${randomBytes(4).toString('hex')}`
  const clusterId = randomUUID()
  const gatewayId = randomUUID()
  const found = image === undefined ? undefined : await runtime.images.find(image)
  const names: string[] = []
  t.after(async () => {
    const removals = await Promise.allSettled(names.map(name => runtime.nodes.remove(name)))
    await runtime.networks.remove(cluster)
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason
  })
  const network = await makeNetwork(runtime, { name: cluster, cluster, clusterId, gatewayId })
  let addresses = 1
  const node = (role: NodeSpec['role'], port: number | null): NodeSpec => {
    addresses += 1
    const name = `${cluster}-${role}-${addresses}`
    names.push(name)
    return {
      name,
      cluster,
      clusterId,
      gatewayId,
      role,
      image: found?.id ?? '',
      network: network.name,
      address: network.hostAddress.replace(/1$/, String(addresses)),
      apiServer: port === null ? null : { host: '127.0.0.1', port },
    }
  }
  return {
    cluster,
    clusterId,
    network,
    imageId: found?.id ?? '',
    worker: node('worker', null),
    controlPlane: async () => node('control-plane', await freePort()),
  }
}

/** Takes a /24 that nobody has; somebody else may be faster, so it tries a few. */
async function makeNetwork(runtime: Runtime, spec: Omit<NetworkSpec, 'subnet' | 'hostAddress'>): Promise<NetworkSpec> {
  const [one = 0, two = 0] = randomBytes(2)
  for (let attempt = 0; attempt < 64; attempt++) {
    const prefix = `10.${128 + (one % 112)}.${(two + attempt) % 256}`
    const taken = await runtime.networks.taken()
    if (taken.some(range => touches(range, `${prefix}.0/24`))) continue
    const network = { ...spec, subnet: `${prefix}.0/24`, hostAddress: `${prefix}.1` }
    try {
      await runtime.networks.ensure(network)
      return network
    } catch (error) {
      if (!(error instanceof RuntimeError && error.code === 'SubnetTaken')) throw error
    }
  }
  throw new Error('found no free subnet')
}

function touches(one: string, other: string): boolean {
  const bits = Math.min(...[one, other].map(range => Number(range.split('/')[1] ?? 32)))
  const [a, b] = [one, other].map(range =>
    (range.split('/')[0] ?? '')
      .split('.')
      .map(byte => Number(byte).toString(2).padStart(8, '0'))
      .join(''),
  )
  return a?.slice(0, bits) === b?.slice(0, bits)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port was given')),
      )
    })
  })
}
