import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'

/** The resourceVersions of one process, shared by all kinds. */
export interface Versions {
  /** Every version of this process is greater; every version of an earlier process is smaller. */
  readonly first: number
  current(): number
  next(): number
}

/**
 * Starts at the microseconds since the epoch. An earlier process would have to make more than a million changes a
 * second throughout, or the clock be set back, for its versions to reach this start; a number has room until 2255.
 */
export function createVersions(clock: Clock): Versions {
  const first = Math.trunc(clock.now() * 1000)
  let current = first
  return {
    first,
    current: () => current,
    next: () => {
      current += 1
      return current
    },
  }
}

/**
 * The version to resume after; undefined for none, an empty string or `0`, which ask for a start from the current
 * state, as in Kubernetes.
 * @throws {GatewayError} InvalidRequest when it is no decimal number.
 */
export function parseResourceVersion(text: string | undefined): number | undefined {
  if (text === undefined || text === '' || text === '0') return undefined
  if (!/^\d{1,32}$/.test(text)) {
    throw new GatewayError('InvalidRequest', 'The resourceVersion must be one that a list or an event gave.', {
      faults: [{ where: '/query/resourceVersion', what: 'must be a decimal number' }],
    })
  }
  return Number(text)
}
