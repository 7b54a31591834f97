import type { Kind } from '../../engine/refs/names.ts'
import { deploymentRoutes } from './routes/deployments.ts'
import { branchRoutes, objectRoutes } from './routes/objects.ts'
import { platformRoutes } from './routes/platforms.ts'
import { type DescribedRoute, route } from './routes/route.ts'

/** What the paths of README's tables do, canonically spelled; all other spellings lead to the same. */
export function describedRoutes(): DescribedRoute[] {
  const kinds: Kind[] = ['config', 'environment', 'system']
  return [
    route('GET', '/ping', {
      operationId: 'kubefoxPing',
      summary: 'Say whether the API is there',
      done: { status: 200, msg: 'Pong!' },
    }),
    ...kinds.flatMap(objectRoutes),
    ...branchRoutes(),
    ...platformRoutes(),
    ...deploymentRoutes(),
  ]
}
