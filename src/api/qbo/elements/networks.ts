import type { Static } from '@sinclair/typebox'
import type { Engine } from '../../../engine/api.ts'
import type { Balancer } from '../../../engine/balancers/schema.ts'
import type { Network } from '../../../engine/networks/schema.ts'
import type { ipvsElement, networkElement } from '../messages/elements.schema.ts'
import { nodeNames } from './clusters.ts'
import { createSource, type Source } from './source.ts'

/** Networks of clusters have an element each, pools of external addresses one for each address or range. */
export function networkSource({ networks }: Pick<Engine['tables'], 'networks'>, stamp: () => number): Source {
  return createSource<Network>({
    key: 'networks',
    subcommand: 'SUBCMD_NETWORK',
    table: networks,
    stamp,
    elements: (network, gone) =>
      subnetsOf(network).map(
        subnet =>
          ({
            name: network.kind === 'pool' ? network.name : network.cluster,
            id: network.id,
            subnet,
            state: gone ? 'deleted' : network.state,
            user: network.owner ?? '',
          }) satisfies Static<typeof networkElement>,
      ),
    names: network => [network.name, ...(network.kind === 'pool' ? network.addresses : [network.cluster])],
    ids: network => [network.id],
  })
}

function subnetsOf({ kind, subnet, addresses }: Readonly<Network>): string[] {
  return kind === 'pool' ? addresses.map(inCidr) : [subnet ?? '']
}

/** A single address is a range of one. */
export function inCidr(address: string): string {
  return address.includes('/') ? address : `${address}/32`
}

export function ipvsSource({ balancers }: Pick<Engine['tables'], 'balancers'>, stamp: () => number): Source {
  return createSource<Balancer>({
    key: 'ipvs',
    subcommand: 'SUBCMD_IPVS',
    table: balancers,
    stamp,
    elements: (balancer, gone) => [
      {
        id: balancer.nodeId ?? '',
        vip: balancer.vip ?? '',
        vip_port: String(balancer.vipPort),
        rip: balancer.rip ?? '',
        rip_port: String(balancer.ripPort),
        aux: '',
        protocol: balancer.protocol === 'udp' ? 'u' : 't',
        scheduler: balancer.scheduler,
        forward: balancer.forward,
        weight: balancer.weight,
        state: gone ? 'deleted' : balancer.state,
        node: balancer.node,
        cluster: balancer.cluster,
        user: balancer.owner ?? '',
      } satisfies Static<typeof ipvsElement>,
    ],
    names: balancer => [balancer.cluster, ...nodeNames(balancer.node)].filter(name => name !== ''),
    ids: balancer => [balancer.clusterId, ...(balancer.nodeId === null ? [] : [balancer.nodeId])],
  })
}
