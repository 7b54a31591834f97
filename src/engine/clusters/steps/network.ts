import { type ObservedNetwork, RuntimeError } from '../../../drivers/runtime.ts'
import { gatewayOf, overlaps } from '../../networks/allocate.ts'
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
      const refused: string[] = []
      for (let attempt = 0; attempt < attempts; attempt++) {
        signal.throwIfAborted()
        if (hasNetwork(work)) return
        const other = seenNetwork(work)
        if (other) await clearAway(work, other, signal)
        await make(work, refused, signal)
      }
      throw new RuntimeError('SubnetTaken', `found no free subnet in ${work.settings.networkPool}`)
    },
  }
}

function seenNetwork(work: Work): ObservedNetwork | undefined {
  return work.observed.networks.get(networkName(work.current().cluster.name))
}

/** Whether the cluster's network is there. */
export function hasNetwork(work: Work): boolean {
  const { cluster } = work.current()
  const found = seenNetwork(work)
  return found?.clusterId === cluster.id && (found.subnet === cluster.subnet || isInUse(work))
}

/** Nodes that exist have their addresses for good. */
function isInUse(work: Work): boolean {
  return work.current().nodes.some(node => work.observed.nodes.has(node.name))
}

/** A network of that name was made for a cluster that is deleted, or before this one's subnet was changed. */
async function clearAway(work: Work, { id, name, gateway }: ObservedNetwork, signal: AbortSignal): Promise<void> {
  if (gateway !== work.gatewayId) throw new Error(`the network ${name} is there already and belongs to something else`)
  await work.runtime.networks.remove(name)
  await work.until(() => work.observed.networks.get(name)?.id !== id, signal)
}

/** Makes the network, or gives it another subnet: none that the daemon has refused before. */
async function make(work: Work, refused: string[], signal: AbortSignal): Promise<void> {
  const { cluster } = work.current()
  const taken = await work.runtime.networks.taken()
  // One that an earlier try asked for may have come meanwhile.
  if (seenNetwork(work)) return
  try {
    if (taken.some(range => overlaps(range, cluster.subnet)))
      throw new RuntimeError('SubnetTaken', `${cluster.subnet} is in use on the Docker host`)
    await work.runtime.networks.ensure({
      name: networkName(cluster.name),
      cluster: cluster.name,
      clusterId: cluster.id,
      gatewayId: work.gatewayId,
      subnet: cluster.subnet,
      hostAddress: gatewayOf(cluster.subnet),
    })
    await work.until(() => seenNetwork(work) !== undefined, signal)
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== 'SubnetTaken' || isInUse(work)) throw error
    refused.push(cluster.subnet)
    await work.record.moved([...taken, ...refused])
  }
}
