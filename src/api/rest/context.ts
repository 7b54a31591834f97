import type { Clock } from '../../clock.ts'
import type { Engine } from '../../engine/api.ts'
import type { Watches } from './watches.ts'

/** What the routes share. */
export interface RestContext {
  engine: Engine
  watches: Watches
  clock: Clock
}
