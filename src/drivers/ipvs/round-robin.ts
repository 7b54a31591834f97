/** Gives out things in turn. */
export interface RoundRobin<T> {
  /** All of them, beginning with the one whose turn it is. */
  order(all: readonly T[]): T[]
}

export function createRoundRobin<T>(): RoundRobin<T> {
  let turn = 0
  return {
    order(all) {
      const first = all.length === 0 ? 0 : turn % all.length
      turn = first + 1
      return [...all.slice(first), ...all.slice(0, first)]
    },
  }
}
