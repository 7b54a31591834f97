import { hostname, networkInterfaces } from 'node:os'
import { GatewayError } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import type { HostNetworks } from './schema.ts'

/** The interfaces of the gateway's host. Errors: Forbidden. */
export function hostNetworks(principal: Principal, docker: string): HostNetworks {
  if (!principal.admin) throw new GatewayError('Forbidden', "Only admins may see the host's interfaces.")
  return {
    host: hostname(),
    docker,
    items: Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
      (addresses ?? []).map(({ address, family, mac, internal, cidr }) => ({
        interface: name,
        address,
        prefixLength: Number(cidr?.split('/')[1] ?? (family === 'IPv4' ? 32 : 128)),
        family,
        mac,
        internal,
      })),
    ),
  }
}
