import type { DeployRequest } from '../../engine/orders/deploy.ts'
import type { KeptDeployment } from '../../engine/orders/rows.ts'
import type { Order } from '../../engine/orders/schema.ts'
import { GatewayError } from '../../errors.ts'
import type { VkubeContainer, VkubeDeploy } from './schemas.ts'

/** The guide's deploy body as the engine takes it. */
export function toDeployRequest({ nodeSelector, containers }: VkubeDeploy): DeployRequest {
  return { region: nodeSelector?.region, containers: containers.map(toContainer) }
}

function toContainer(container: VkubeContainer, index: number): DeployRequest['containers'][number] {
  const { name, imageName, ports = [], resource, command, args, envs = [], configMountPath, config } = container
  if (config !== undefined && configMountPath === undefined)
    throw new GatewayError('InvalidRequest', 'config needs a configMountPath', {
      faults: [{ where: `/body/containers/${index}/configMountPath`, what: 'is required' }],
    })
  return {
    name,
    image: imageName,
    memory: resource.memory,
    ports: ports.map(({ containerPort, hostPort, protocol = 'TCP' }, at) => {
      const inner = containerPort ?? hostPort
      if (inner === undefined)
        throw new GatewayError('InvalidRequest', 'a port is empty', {
          faults: [{ where: `/body/containers/${index}/ports/${at}/containerPort`, what: 'is required' }],
        })
      return { containerPort: inner, hostPort: hostPort ?? null, protocol }
    }),
    command: toWords(command),
    args: toWords(args),
    envs,
    config: configMountPath === undefined ? null : { path: configMountPath, text: config ?? '' },
  }
}

/** `"/bin/sh\n-c\ntail -f /dev/null"` is three words. */
function toWords(given: string | string[] | undefined): string[] {
  if (Array.isArray(given)) return given
  return given === undefined || given === '' ? [] : given.split('\n')
}

export function fromDeployment(orderId: string, { region, containers }: KeptDeployment, prefix: string) {
  return {
    name: orderId,
    region,
    ports: containers.flatMap(({ ports }) =>
      ports.map(({ containerPort, hostPort, protocol }) => ({ containerPort, hostPort, protocol })),
    ),
    status: `${prefix}/pod/status`,
  }
}

/** An order in the guide's shape. */
export function fromOrder(order: Readonly<Order>) {
  const { amount, amountPaid, serviceID, service, serviceCategoryID, provider, address, recipient, publicKey } = order
  return {
    createdAt: seconds(order.metadata.createdAt ?? order.updatedAt),
    updatedAt: seconds(order.updatedAt),
    duration: order.duration,
    serviceExpiredDate: order.expiresAt ?? '',
    amount,
    amountPaid,
    serviceID,
    service,
    serviceCategoryID,
    provider,
    address,
    recipient,
    id: order.id,
    serviceOptions: { portSpecification: order.portSpecification, resourceUnit: order.resourceUnit },
    status: order.status,
    publicKey,
  }
}

function seconds(date: string): number {
  return Math.floor(Date.parse(date) / 1000)
}
