import type { Plan } from '../plan.ts'
import { controlPlaneOf, type NodeRow } from '../rows.ts'
import type { Step } from '../steps.ts'
import { addonsStep, initSteps, joinStep, readyStep } from './bootstrap.ts'
import { imageStep } from './image.ts'
import { hasNetwork, networkStep } from './network.ts'
import { startControlPlaneStep, startWorkersStep, stopSteps } from './nodes.ts'
import { removeNodesStep, teardownSteps } from './remove.ts'
import type { Work } from './work.ts'

/** The steps that carry out a plan, in the order in which they are shown. */
export function stepsOf(plan: Plan, work: Work): Step[] {
  switch (plan.kind) {
    case 'none':
    case 'lost':
      return []
    case 'delete':
      return teardownSteps(work)
    case 'stop':
      return stopSteps(work, plan.workers, plan.controlPlane)
    case 'run':
      return runningSteps(plan, work)
  }
}

function runningSteps(plan: Extract<Plan, { kind: 'run' }>, work: Work): Step[] {
  const controlPlane = controlPlaneOf(work.current())
  const has = (nodes: NodeRow[]) => nodes.some(node => node.id === controlPlane.id)
  const workers = plan.start.filter(node => node.role === 'worker')
  const joining = plan.bootstrap.filter(node => node.role === 'worker')
  const creates = plan.start.some(node => !work.observed.nodes.has(node.name))
  return [
    ...(plan.remove.length > 0 ? [removeNodesStep(work, plan.remove)] : []),
    ...stopSteps(
      work,
      plan.stop.filter(node => node.role === 'worker'),
      plan.stop.filter(node => node.role === 'control-plane'),
    ),
    ...(creates ? [imageStep(work)] : []),
    ...(creates && !hasNetwork(work) ? [networkStep(work)] : []),
    ...(has(plan.start) ? [startControlPlaneStep(work, controlPlane)] : []),
    ...(workers.length > 0 ? [startWorkersStep(work, workers)] : []),
    ...(has(plan.bootstrap) ? initSteps(work, controlPlane) : []),
    ...(plan.addons ? [addonsStep(work)] : []),
    ...(joining.length > 0 ? [joinStep(work, joining)] : []),
    ...(plan.wait.length > 0 ? [readyStep(work, plan.wait)] : []),
  ]
}
