import { networkName } from '../../networks/name.ts'
import { containersOf } from '../../nodes/observed.ts'
import { controlPlaneOf, type NodeRow } from '../rows.ts'
import type { Step } from '../steps.ts'
import { all } from './nodes.ts'
import { count, type Work } from './work.ts'

/** Nodes that leave a cluster which goes on: drained, forgotten by Kubernetes, removed. */
export function removeNodesStep(work: Work, nodes: NodeRow[]): Step {
  return {
    name: 'remove',
    title: `draining and removing ${count(nodes.length, 'node')}`,
    needs: [],
    run: signal =>
      all(
        nodes.map(async node => {
          if (node.bootstrappedAt !== null) await leaveKubernetes(work, node, signal)
          await removeNode(work, node.name, signal)
          await work.record.gone([node])
        }),
      ),
  }
}

/** Done when it is seen to be done: who asks afterwards finds it so. */
async function removeNode(work: Work, name: string, signal: AbortSignal): Promise<void> {
  await work.runtime.nodes.remove(name)
  await work.until(() => !work.observed.nodes.has(name), signal)
}

async function leaveKubernetes(work: Work, node: NodeRow, signal: AbortSignal): Promise<void> {
  const control = work.observed.nodes.get(controlPlaneOf(work.current()).name)
  if (control?.state !== 'running') return
  const access = await work.runtime.bootstrap.access(control)
  try {
    const runs = work.observed.nodes.get(node.name)?.state === 'running'
    if (runs) await access.drain(node.name, work.settings.drainTimeoutMs, signal)
    await access.deleteNode(node.name, signal)
  } finally {
    access.close()
  }
}

/** All that there is of a cluster, found by its rows and by its labels. */
export function teardownSteps(work: Work): Step[] {
  const { cluster, nodes } = work.current()
  const names = new Set([
    ...nodes.map(node => node.name),
    ...containersOf(work.observed, cluster.id).map(node => node.name),
  ])
  return [
    {
      name: 'remove-nodes',
      title: `removing ${count(names.size, 'node')}`,
      needs: [],
      run: signal => all([...names].map(name => removeNode(work, name, signal))),
    },
    {
      name: 'remove-network',
      title: 'removing the network',
      needs: ['remove-nodes'],
      async run(signal) {
        await removeNetwork(work, cluster, signal)
        work.runtime.bootstrap.forget(cluster.id)
      },
    },
  ]
}

/** One that belongs to something else stays. */
async function removeNetwork(work: Work, cluster: { id: string; name: string }, signal: AbortSignal): Promise<void> {
  const name = networkName(cluster.name)
  const ours = () => work.observed.networks.get(name)?.clusterId === cluster.id
  if (work.observed.networks.has(name) && !ours()) return
  await work.runtime.networks.remove(name)
  await work.until(() => !ours(), signal)
}
