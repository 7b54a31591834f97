import type { Static, TSchema } from '@sinclair/typebox'
import { FormatRegistry, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { type Cluster, clusterSchema } from '../../src/engine/clusters/schema.ts'
import { type Node, nodeSchema } from '../../src/engine/nodes/schema.ts'
import { type Operation, operationSchema } from '../../src/engine/operations/schema.ts'
import type { Gateway } from './gateway.ts'

for (const format of ['uuid', 'date-time', 'ipv4', 'uri']) FormatRegistry.Set(format, () => true)

/** What the gateway answered, held against the schema it promises. */
export function checked<T extends TSchema>(schema: T, value: unknown): Static<T> {
  const [wrong] = Value.Errors(schema, value)
  if (wrong) throw new Error(`${wrong.path}: ${wrong.message} in ${JSON.stringify(value)}`)
  return Value.Decode(schema, value)
}

export function operationOf(value: unknown): Operation {
  return checked(operationSchema, value)
}

export async function clusterOf(gateway: Gateway, name: string): Promise<Cluster> {
  return checked(clusterSchema, (await gateway.call('GET', `/api/v1/clusters/${name}`, { status: 200 })).json())
}

export async function nodesOf(gateway: Gateway, cluster: string): Promise<Node[]> {
  const list = Type.Object({ items: Type.Array(nodeSchema) })
  return checked(list, (await gateway.call('GET', `/api/v1/nodes?cluster=${cluster}`, { status: 200 })).json()).items
}
