import { KubernetesError } from '../../drivers/kubernetes/errors.ts'
import type { Deployment, OrderRow } from './rows.ts'

/** What Kubernetes says of orders' deployments that it does not take. */
export interface Refusals {
  /** Of what is wanted now; null: nothing is known against it. */
  of(row: Pick<OrderRow, 'id' | 'generation'>): string | null
  set(row: Pick<OrderRow, 'id' | 'generation'>, message: string | null): void
}

export function createRefusals(): Refusals {
  const known = new Map<string, { generation: number; message: string }>()
  return {
    of({ id, generation }) {
      const found = known.get(id)
      return found?.generation === generation ? found.message : null
    },
    set({ id, generation }, message) {
      if (message === null) known.delete(id)
      else known.set(id, { generation, message })
    },
  }
}

/**
 * Statuses that may be others a moment later: who asks (401), what they may (403, also of a namespace on its way out), what
 * there is (404), how it is (409), and when it was asked (408, 429).
 */
const passing = [401, 403, 404, 408, 409, 429]
const longest = 1024
/** A shorter value, such as `1`, says nothing, and is in any text. */
const shortestSecret = 4

/** What Kubernetes says against a deployment, without its secret values; undefined where it may be taken yet. */
export function refusalOf(error: unknown, { containers }: Deployment): string | undefined {
  if (!(error instanceof KubernetesError) || error.status < 400 || error.status > 499) return undefined
  if (passing.includes(error.status)) return undefined
  const secrets = containers.flatMap(({ envs, config }) => [...envs.map(({ value }) => value), config?.text ?? ''])
  const shown = secrets
    .filter(value => value.length >= shortestSecret)
    .reduce((text, value) => text.replaceAll(value, '[redacted]'), error.message)
  return shown.slice(0, longest)
}
