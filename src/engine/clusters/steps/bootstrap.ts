import { unlessAborted } from '../../../deadline.ts'
import { RuntimeError } from '../../../drivers/runtime.ts'
import { stateOf } from '../../nodes/view.ts'
import type { NodeRow } from '../rows.ts'
import type { Step } from '../steps.ts'
import { all } from './nodes.ts'
import { count, specOf, type Work } from './work.ts'

/** `kubeadm init` in two steps: what follows needs the API server, not the end of init. */
export function initSteps(work: Work, controlPlane: NodeRow): Step[] {
  let done: Promise<void> | undefined
  return [
    {
      name: 'api-server',
      title: 'starting the API server',
      needs: ['control-plane'],
      async run(signal) {
        const init = work.runtime.bootstrap.init(specOf(work.current()), signal)
        done = init.done
        done.catch(() => undefined)
        await init.apiServer
        work.watchKubernetes()
      },
    },
    {
      name: 'init',
      title: 'initialising the control plane',
      needs: ['api-server'],
      async run(signal) {
        if (done) await unlessAborted(done, signal)
        await work.record.bootstrapped(controlPlane, true)
      },
    },
  ]
}

export function addonsStep(work: Work): Step {
  return {
    name: 'addons',
    title: 'installing the network plugin and the storage class',
    needs: ['api-server'],
    async run(signal) {
      await work.runtime.bootstrap.addons(specOf(work.current()), signal)
      await work.record.cluster({ addonsAt: new Date(work.clock.now()) })
    },
  }
}

export function joinStep(work: Work, workers: NodeRow[]): Step {
  return {
    name: 'join',
    title: `joining ${count(workers.length, 'worker')}`,
    needs: ['api-server', 'workers', 'control-plane'],
    async run(signal) {
      const join = async (row: NodeRow) => {
        const desired = work.current()
        const node = desired.nodes.find(each => each.id === row.id) ?? row
        await work.runtime.bootstrap.join(specOf(desired), node, signal)
        await work.record.bootstrapped(node, true)
      }
      await all(workers.map(join))
    },
  }
}

/** Waits until Kubernetes calls the nodes Ready. */
export function readyStep(work: Work, nodes: NodeRow[]): Step {
  return {
    name: 'ready',
    title: `waiting for ${count(nodes.length, 'node')} to be ready`,
    needs: ['init', 'addons', 'join', 'control-plane', 'workers'],
    async run(signal) {
      const missing = () => nodes.filter(node => seen(work, node.name).state !== 'ready')
      work.watchKubernetes()
      try {
        await work.until(() => missing().length === 0, signal)
      } catch (error) {
        if (error instanceof RuntimeError) throw error
        throw new Error(
          `not ready: ${missing()
            .map(node => `${node.name} ${seen(work, node.name).message}`)
            .join('; ')}`,
          { cause: error },
        )
      }
      if (work.current().cluster.readyAt === null) await work.record.cluster({ readyAt: new Date(work.clock.now()) })
    },
  }
}

function seen(work: Work, name: string) {
  return stateOf(work.observed.nodes.get(name), work.observed.kubernetes.get(work.current().cluster.id))
}
