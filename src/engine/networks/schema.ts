import { type Static, Type } from '@sinclair/typebox'
import { closed, metadataSchema, nullable, ownerField, simulatedField, uuid } from '../schema.ts'

export const networkSchema = closed(
  {
    id: uuid("The cluster's id, or the pool's"),
    name: Type.String({ examples: ['kindgate-alex'] }),
    kind: Type.Union([Type.Literal('cluster'), Type.Literal('pool')], {
      description: "`cluster`: a cluster's network; `pool`: external addresses for load balancers, which admins see",
    }),
    cluster: Type.String({ description: 'Empty on a pool', examples: ['alex'] }),
    owner: ownerField,
    subnet: nullable(Type.String({ examples: ['172.28.0.0/24'] }), 'CIDR'),
    gateway: nullable(Type.String({ format: 'ipv4', examples: ['172.28.0.1'] }), "The Docker host's address in it"),
    state: Type.Union([Type.Literal('created'), Type.Literal('ready')], {
      description: '`created`: asked for, not made yet',
    }),
    addresses: Type.Array(Type.String(), { description: "A pool's addresses and ranges", examples: [[]] }),
    size: nullable(Type.Integer(), 'How many addresses a pool has; null on a network'),
    used: nullable(Type.Integer(), 'How many of them load balancers have'),
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  {
    $id: 'Network',
    title: 'Network',
    description: "A cluster's network, in which every node keeps its address; or a pool of external addresses",
  },
)
export type Network = Static<typeof networkSchema>

export const poolCreateSchema = closed(
  {
    name: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
        description: 'Chosen where it is left out',
        examples: ['office'],
      }),
    ),
    addresses: Type.Array(Type.String({ pattern: '^\\d{1,3}(\\.\\d{1,3}){3}(/\\d{1,2})?$' }), {
      minItems: 1,
      maxItems: 256,
      description: 'IPv4 addresses and CIDR ranges. Every address of a range is given out, its first and last too',
    }),
  },
  { $id: 'PoolCreate', title: 'PoolCreate', examples: [{ addresses: ['203.0.113.10', '203.0.113.16/28'] }] },
)
export type PoolCreate = Static<typeof poolCreateSchema>

export const hostNetworksSchema = closed(
  {
    host: Type.String({ description: "The gateway's host", examples: ['gate-1'] }),
    docker: Type.String({
      description: 'Where the Docker daemon is: on another host, nodes are not reached by these interfaces',
      examples: ['unix:///var/run/docker.sock'],
    }),
    items: Type.Array(
      closed({
        interface: Type.String({ examples: ['eth0'] }),
        address: Type.String({ examples: ['198.51.100.7'] }),
        prefixLength: Type.Integer({ examples: [24] }),
        family: Type.String({ examples: ['IPv4'] }),
        mac: Type.String({ examples: ['52:54:00:12:34:56'] }),
        internal: Type.Boolean({ description: 'Loopback' }),
      }),
    ),
  },
  {
    $id: 'HostNetworks',
    title: 'HostNetworks',
    description: 'The interfaces of a host that are up, and their addresses',
  },
)
export type HostNetworks = Static<typeof hostNetworksSchema>
