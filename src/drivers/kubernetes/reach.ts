import type { LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { isPublicAddress, type Resolve } from '../registry/guard.ts'

/** Which addresses an API server may have: those of the internet alone, or those of this host and its networks too. */
export type Reach = 'public' | 'private'

/**
 * Never reached, whoever asks: links' own addresses, where clouds hand out the host's credentials, those services' other
 * addresses, and the ways to them through NAT64 and 6to4.
 */
const never = new BlockList()
never.addSubnet('0.0.0.0', 8, 'ipv4')
never.addSubnet('169.254.0.0', 16, 'ipv4')
never.addAddress('100.100.100.200', 'ipv4')
never.addSubnet('224.0.0.0', 3, 'ipv4')
never.addAddress('::', 'ipv6')
never.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
never.addSubnet('2002:a9fe::', 32, 'ipv6')
never.addAddress('fd00:ec2::254', 'ipv6')
never.addSubnet('fe80::', 10, 'ipv6')
never.addSubnet('ff00::', 8, 'ipv6')

/** Whether an address is within reach. */
export function isReachable(address: string, reach: Reach): boolean {
  const [bare = ''] = address.split('%')
  const family = isIP(bare)
  if (family === 0 || never.check(bare, family === 6 ? 'ipv6' : 'ipv4')) return false
  return reach === 'private' || isPublicAddress(bare)
}

/** Whether a URL's host is written as an address that is out of reach: such a host is not looked up. */
export function isOutOfReach(server: string, reach: Reach): boolean {
  const host = new URL(server).hostname.replace(/^\[|\]$/g, '')
  return isIP(host) !== 0 && !isReachable(host, reach)
}

/**
 * Looks names up for a connection, and gives it addresses within reach only. As the connection is made to what was
 * checked, it does not matter what the name resolves to the next time (DNS rebinding).
 */
export function reachableLookup(resolve: Resolve, reach: Reach): LookupFunction {
  return (name, options, callback) => {
    resolve(name).then(
      (all: LookupAddress[]) => {
        const open = all.filter(({ address }) => isReachable(address, reach))
        const [first] = open
        if (!first) callback(new Error(`${name} has no address that the gateway may reach`), [])
        else if (options.all) callback(null, open)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
}
