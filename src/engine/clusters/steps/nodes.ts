import { RuntimeError } from '../../../drivers/runtime.ts'
import { networkName } from '../../networks/name.ts'
import type { NodeRow } from '../rows.ts'
import type { Step } from '../steps.ts'
import { count, specOf, type Work } from './work.ts'

/** The control plane's container, made and started. */
export function startControlPlaneStep(work: Work, node: NodeRow): Step {
  return {
    name: 'control-plane',
    title: 'starting the control plane node',
    needs: ['image', 'network'],
    run: signal => startNode(work, node, signal),
  }
}

/** The workers' containers, made and started side by side. */
export function startWorkersStep(work: Work, nodes: NodeRow[]): Step {
  return {
    name: 'workers',
    title: `starting ${count(nodes.length, 'worker')}`,
    needs: ['image', 'network'],
    run: signal => all(nodes.map(node => startNode(work, node, signal))),
  }
}

/** Containers that were stopped on purpose, workers before the control plane. */
export function stopSteps(work: Work, workers: NodeRow[], controlPlane: NodeRow[]): Step[] {
  const grace = work.settings.stopGraceSeconds
  const stopOne = async ({ name }: NodeRow, signal: AbortSignal) => {
    await work.runtime.nodes.stop(name, grace)
    await work.until(() => work.observed.nodes.get(name)?.state !== 'running', signal)
  }
  const stop = (nodes: NodeRow[]) => (signal: AbortSignal) => all(nodes.map(node => stopOne(node, signal)))
  return [
    ...(workers.length > 0
      ? [{ name: 'stop-workers', title: `stopping ${count(workers.length, 'worker')}`, needs: [], run: stop(workers) }]
      : []),
    ...(controlPlane.length > 0
      ? [
          {
            name: 'stop-control-plane',
            title: 'stopping the control plane node',
            needs: ['stop-workers'],
            run: stop(controlPlane),
          },
        ]
      : []),
  ]
}

const portAttempts = 5

async function startNode(work: Work, row: NodeRow, signal: AbortSignal): Promise<void> {
  const { nodes, bootstrap } = work.runtime
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    const desired = work.current()
    const { cluster } = desired
    // The network step may have moved it.
    const node = desired.nodes.find(each => each.id === row.id) ?? row
    if (cluster.imageId === null) throw new Error(`the image of ${cluster.name} is not known`)
    const spec = specOf(desired)
    if (node.bootstrappedAt !== null && !work.observed.nodes.has(node.name)) await work.record.bootstrapped(node, false)
    await nodes.create({
      name: node.name,
      cluster: cluster.name,
      clusterId: cluster.id,
      gatewayId: work.gatewayId,
      role: node.role,
      image: cluster.imageId,
      network: networkName(cluster.name),
      address: node.address,
      apiServer: node.role === 'control-plane' ? spec.controlPlane.apiServer : null,
    })
    const version = await bootstrap.prepare(spec, node)
    if (cluster.kubernetesVersion !== version) await work.record.cluster({ kubernetesVersion: version })
    try {
      await nodes.start(node.name)
      return await work.until(() => work.observed.nodes.get(node.name)?.state === 'running', signal)
    } catch (error) {
      // A port that was free when it was chosen may be taken by now; until clients know it, another does as well.
      const movable = node.role === 'control-plane' && node.bootstrappedAt === null && attempt < portAttempts
      if (!movable || !(error instanceof RuntimeError) || error.code !== 'PortTaken') throw error
      await nodes.remove(node.name)
      await work.record.republished()
    }
  }
}

/** Waits for all, also when one fails, so that nothing goes on unseen; then rejects as the first that failed. */
export async function all(acts: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(acts)
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}
