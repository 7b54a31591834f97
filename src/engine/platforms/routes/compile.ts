import type { Violation } from '../../refs/violations.ts'
import type { RoutedComponent } from '../components.ts'
import { scheduleFault } from './cron.ts'
import { type IngressRule, ingressRules } from './ingress.ts'
import { MatchError } from './match.ts'

/** What a component's routes come to in Kubernetes. */
export interface CompiledRoutes {
  rules: IngressRule[]
  schedules: string[]
}

/** Routes of components by key; what Kubernetes cannot express is a violation. Controller routes are left out. */
export function compileRoutes(components: RoutedComponent[]): {
  routes: Map<string, CompiledRoutes>
  violations: Violation[]
} {
  const violations: Violation[] = []
  const routes = new Map<string, CompiledRoutes>()
  for (const { key, routes: own } of components) {
    const compiled: CompiledRoutes = { rules: [], schedules: [] }
    for (const { route, at } of own) {
      const { type, match = '', schedule = '' } = route
      if (type === 'http') {
        const rules = tryRules(match)
        if (typeof rules === 'string')
          violations.push({ path: [...at, 'match'], rule: 'match', value: match, expected: rules })
        else compiled.rules.push(...rules)
      } else if (type === 'cron') {
        const fault = scheduleFault(schedule)
        if (fault === undefined) compiled.schedules.push(schedule.trim())
        else violations.push({ path: [...at, 'schedule'], rule: 'schedule', value: schedule, expected: fault })
      }
    }
    routes.set(key, compiled)
  }
  return { routes, violations }
}

function tryRules(match: string): IngressRule[] | string {
  try {
    return ingressRules(match)
  } catch (error) {
    if (error instanceof MatchError) return error.message
    throw error
  }
}
