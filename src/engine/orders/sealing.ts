import type { Sql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import { inBatches } from '../secrets/batches.ts'
import { firstId } from '../secrets/by-id.ts'
import { type Keyring, SealError } from '../secrets/keyring.ts'
import type { SealedSource } from '../secrets/reseal.ts'
import type { Deployment, KeptDeployment } from './rows.ts'

/** Keeps the values of variables and the texts of files, which may hold a buyer's secrets, from whoever reads the store. */
export interface DeploymentSeals {
  seal(orderId: string, deployment: Deployment): Promise<KeptDeployment>
  /** Rejects with GatewayError Unavailable when it was sealed with a key that is not there any more. */
  open(orderId: string, kept: KeptDeployment): Promise<Deployment>
}

/** What is sealed of a container, in the order of its `envs`. */
interface Values {
  envs: string[]
  text: string | null
}

export function createDeploymentSeals(keyring: Keyring): DeploymentSeals {
  return {
    async seal(orderId, deployment) {
      const values = deployment.containers.map(
        ({ envs, config }): Values => ({ envs: envs.map(({ value }) => value), text: config?.text ?? null }),
      )
      return {
        ...deployment,
        containers: deployment.containers.map(({ envs, config, ...container }) => ({
          ...container,
          envs: envs.map(({ name }) => ({ name })),
          config: config && { path: config.path },
        })),
        sealed: await keyring.seal(JSON.stringify(values), contextOf(orderId)),
      }
    },
    async open(orderId, { sealed, ...kept }) {
      const values = sealed === undefined ? [] : await open(keyring, orderId, sealed)
      return {
        ...kept,
        containers: kept.containers.map((container, index) => ({
          ...container,
          envs: container.envs.map(({ name, value }, at) => ({ name, value: values[index]?.envs[at] ?? value ?? '' })),
          config: container.config && {
            path: container.config.path,
            text: values[index]?.text ?? container.config.text ?? '',
          },
        })),
      }
    },
  }
}

async function open(keyring: Keyring, orderId: string, sealed: string): Promise<Values[]> {
  try {
    return JSON.parse(await keyring.open(sealed, contextOf(orderId)))
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw new GatewayError('Unavailable', `what runs for the order cannot be read: ${error.message}`, {
      extra: { setting: 'SECRET_KEY' },
      cause: error,
    })
  }
}

function contextOf(orderId: string): string {
  return `order/${orderId}/deployment`
}

/** What is sealed of orders' deployments. */
export const sealedDeployments = (sql: Sql): SealedSource =>
  async function* (most) {
    const batches = inBatches<{ id: string; sealed: string }>(
      after => sql`
        select id, deployment ->> 'sealed' as sealed from orders
        where deployment ->> 'sealed' is not null and id > ${after?.id ?? firstId} order by id limit ${most}`,
    )
    for await (const rows of batches)
      yield rows.map(({ id, sealed }) => ({
        context: contextOf(id),
        sealed,
        replace: (fresh: string) => sql`
          update orders set deployment = jsonb_set(deployment, '{sealed}', to_jsonb(${fresh}::text))
          where id = ${id} and deployment ->> 'sealed' = ${sealed}`,
      }))
  }
