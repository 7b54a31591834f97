import { RuntimeError } from '../../../drivers/runtime.ts'
import { chooseSubnet, gatewayOf, overlaps } from '../../networks/allocate.ts'
import { networkName } from '../../networks/name.ts'
import type { Step } from '../steps.ts'
import type { Work } from './work.ts'

const attempts = 8

/** The cluster's network. A subnet that turns out to be taken is changed for another, as no node is in it yet. */
export function networkStep(work: Work): Step {
  return {
    name: 'network',
    title: 'creating the network',
    needs: [],
    async run(signal) {
      const name = networkName(work.current().cluster.name)
      if (work.observed.networks.has(name)) return
      const taken = await work.runtime.networks.taken()
      for (let attempt = 0; attempt < attempts; attempt++) {
        signal.throwIfAborted()
        const { cluster } = work.current()
        try {
          if (taken.some(range => overlaps(range, cluster.subnet)))
            throw new RuntimeError('SubnetTaken', `${cluster.subnet} is in use on the Docker host`)
          await work.runtime.networks.ensure({
            name,
            cluster: cluster.name,
            clusterId: cluster.id,
            gatewayId: work.gatewayId,
            subnet: cluster.subnet,
            hostAddress: gatewayOf(cluster.subnet),
          })
          return
        } catch (error) {
          if (!(error instanceof RuntimeError) || error.code !== 'SubnetTaken' || isInUse(work)) throw error
          taken.push(cluster.subnet)
          await move(work, taken)
        }
      }
      throw new RuntimeError('SubnetTaken', `found no free subnet in ${work.settings.networkPool}`)
    },
  }
}

/** Nodes that exist have their addresses for good. */
function isInUse(work: Work): boolean {
  return work.current().nodes.some(node => work.observed.nodes.has(node.name))
}

async function move(work: Work, taken: string[]): Promise<void> {
  const subnet = chooseSubnet(work.settings.networkPool, [...taken, ...(await work.record.subnets())])
  if (subnet === undefined)
    throw new RuntimeError('SubnetTaken', `no /24 is free in ${work.settings.networkPool} (setting NETWORK_POOL)`)
  await work.record.moved(subnet)
}
