import { isImageName } from '../../../engine/images/check.ts'
import { closed } from '../../../engine/schema.ts'
import { GatewayError } from '../../../errors.ts'
import { orderOf } from '../../http/context.ts'
import { ref } from '../../http/openapi/ref.ts'
import type { HttpServer } from '../../http/server.ts'
import type { VkubeContext } from '../context.ts'
import { describe, json } from '../describe.ts'
import { wording, wrongImage } from '../errors.ts'
import { deployedExample, orderExample } from '../examples.ts'
import { deployedSchema, deploySchema, vkubeOrderSchema } from '../schemas.ts'
import { fromDeployment, fromOrder, toDeployRequest } from '../translate.ts'

const config = { access: 'order' } as const

export function orderRoutes(server: HttpServer, { engine, prefix }: VkubeContext): void {
  const { orders, tables } = engine

  server.get('/order', { config, schema: orderGet }, async request => {
    const order = tables.orders.get(orderOf(request).id)
    if (!order) throw new GatewayError('NotFound', 'there is no such order')
    return fromOrder(order)
  })

  server.post('/deploy', { config, schema: podDeploy }, async request => {
    const { id } = orderOf(request)
    const wanted = toDeployRequest(request.body)
    if (!wanted.containers.every(container => isImageName(container.image))) throw wrongImage()
    return fromDeployment(id, await orders.deployments.deploy(id, wanted), prefix)
  })
}

const orderGet = describe(
  { querystring: closed({}) },
  {
    operationId: 'vkubeOrderGet',
    summary: 'Query order information by secret',
    secret: true,
    answer: json(ref(vkubeOrderSchema), 'The order', orderExample),
    errors: { NotFound: 'there is no such order' },
  },
)

const podDeploy = describe(
  { querystring: closed({}), body: ref(deploySchema) },
  {
    operationId: 'vkubePodDeploy',
    summary: 'Deploy pod with secret',
    description:
      'Writes down what shall run and answers at once; the status says how far it is. Deploying again replaces. Without `nodeSelector` the gateway chooses the region.',
    secret: true,
    answer: json(ref(deployedSchema), 'It will run', deployedExample),
    errors: {
      InvalidRequest: wording.emptyField,
      Forbidden: 'the containers ask for 3Gi of memory in all, the order has 2Gi',
      NotFound: 'there is no such order',
      Conflict: 'host ports are occupied: 2999',
    },
  },
)
