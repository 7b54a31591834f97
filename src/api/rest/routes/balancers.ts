import type { Balancer } from '../../../engine/balancers/schema.ts'
import { GatewayError } from '../../../errors.ts'
import { principalOf } from '../../http/context.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { answerList, fieldFilter } from '../reads.ts'
import * as schemas from './balancers.schema.ts'

const config = { access: 'user' } as const
const filters = ['cluster', 'namespace', 'service', 'node', 'state', 'protocol', 'vip'] as const

export function balancerRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const { tables } = engine
  const table = tables.balancers

  server.get('/ipvs', { config, schema: schemas.balancerList }, (request, reply) => {
    const { query } = request
    return answerList({ table, watches, request, reply, query, filter: fieldFilter<Balancer>(query, filters) })
  })

  server.get('/clusters/:name/ipvs', { config, schema: schemas.clusterBalancerList }, (request, reply) => {
    const { query, params } = request
    if (!tables.clusters.byName(params.name, principalOf(request))) {
      throw new GatewayError('NotFound', `There is no cluster "${params.name}".`)
    }
    const filter = fieldFilter<Balancer>({ ...query, cluster: params.name }, filters)
    return answerList({ table, watches, request, reply, query, filter })
  })
}
