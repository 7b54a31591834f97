import type { Operation } from '../../../engine/operations/schema.ts'
import { metadata } from './common.ts'

export const operationExample: Operation = {
  id: '718bef86-7dfe-46c0-bf4e-3dfea83c6c28',
  name: '718bef86-7dfe-46c0-bf4e-3dfea83c6c28',
  action: 'createCluster',
  target: { kind: 'cluster', name: 'alex' },
  cluster: 'alex',
  owner: 'admin',
  state: 'running',
  step: 3,
  message: '3 of 7: joining 2 workers',
  steps: [
    {
      name: 'join',
      title: 'joining 2 workers',
      state: 'running',
      startedAt: '2026-11-21T08:00:12.000Z',
      finishedAt: null,
    },
  ],
  error: null,
  startedAt: '2026-11-21T08:00:00.000Z',
  finishedAt: null,
  simulated: false,
  metadata,
}

export const endedOperationExample: Operation = {
  ...operationExample,
  state: 'succeeded',
  step: 7,
  message: 'the cluster is ready',
  steps: operationExample.steps.map(step => ({ ...step, state: 'succeeded', finishedAt: '2026-11-21T08:00:19.000Z' })),
  finishedAt: '2026-11-21T08:00:20.000Z',
}
