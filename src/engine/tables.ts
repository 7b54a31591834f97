import type { AuditEntry } from './audit/schema.ts'
import type { Balancer } from './balancers/schema.ts'
import type { Client } from './clients/schema.ts'
import type { Cluster } from './clusters/schema.ts'
import { namespacedKey } from './kubernetes/key.ts'
import type { Mirror, Table } from './mirror/mirror.ts'
import type { Network } from './networks/schema.ts'
import type { Node } from './nodes/schema.ts'
import type { Operation } from './operations/schema.ts'
import type { Order } from './orders/schema.ts'
import type { Pod } from './pods/schema.ts'
import type { Ref } from './refs/schema.ts'
import type { Service } from './services/schema.ts'
import type { User } from './users/schema.ts'

/** The live tables, one for each kind. */
export interface Tables {
  clusters: Table<Cluster>
  nodes: Table<Node>
  networks: Table<Network>
  operations: Table<Operation>
  orders: Table<Order>
  users: Table<User>
  refs: Table<Ref>
  clients: Table<Client>
  /** The newest entries, which only admins see. */
  audit: Table<AuditEntry>
  balancers: Table<Balancer>
  /** By `cluster/namespace/name`, as the services. */
  pods: Table<Pod>
  services: Table<Service>
}

export function createTables(mirror: Mirror): Tables {
  return {
    clusters: mirror.table<Cluster>('clusters'),
    nodes: mirror.table<Node>('nodes'),
    networks: mirror.table<Network>('networks'),
    operations: mirror.table<Operation>('operations'),
    orders: mirror.table<Order>('orders'),
    users: mirror.table<User>('users'),
    refs: mirror.table<Ref>('refs'),
    clients: mirror.table<Client>('clients'),
    audit: mirror.table<AuditEntry>('audit'),
    pods: mirror.table<Pod>('pods', { key: namespacedKey }),
    services: mirror.table<Service>('services', { key: namespacedKey }),
    balancers: mirror.table<Balancer>('ipvs'),
  }
}
