import type { LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { RegistryError } from '../registry.ts'

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<LookupAddress[]>

// https://www.iana.org/assignments/iana-ipv4-special-registry and its sister for IPv6; the ranges that carry an IPv4
// address within (NAT64, 6to4, Teredo) are there because of what they may lead to.
const notPublic: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]
const blocked = blockListOf(notPublic)

/** Whether an address is neither private nor of this host, this link or another special range. */
export function isPublicAddress(address: string): boolean {
  const [bare = ''] = address.split('%')
  const family = isIP(bare)
  // A mapped address (::ffff:10.0.0.1) is held against the IPv4 ranges.
  return family !== 0 && !blocked.check(bare, family === 6 ? 'ipv6' : 'ipv4')
}

/** Refuses a host that is written as an address which is not public: such a host is not looked up. */
export function requirePublicHost(host: string): void {
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0 && !isPublicAddress(bare)) throw notAllowed(host)
}

/**
 * Looks names up for a connection, and gives it public addresses only. As the connection is made to what was checked, it
 * does not matter what the name resolves to the next time (DNS rebinding).
 */
export function publicLookup(resolve: Resolve): LookupFunction {
  return (name, options, callback) => {
    resolve(name).then(
      all => {
        const open = all.filter(({ address }) => isPublicAddress(address))
        const [first] = open
        if (!first) callback(notAllowed(name), [])
        else if (options.all) callback(null, open)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
}

function blockListOf(ranges: [string, number][]): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4')
  return list
}

function notAllowed(host: string): RegistryError {
  return new RegistryError(
    'HostNotAllowed',
    `${host} has no public address, and the setting REGISTRY_HOSTS_ALLOWED does not list it`,
  )
}
