import type { ObservedRealServer, ObservedVirtualServer } from '../balancer.ts'

const virtualLine = /^(TCP|UDP) +([0-9A-F]{8}):([0-9A-F]{4}) /
const realLine = /^ +-> ([0-9A-F]{8}):([0-9A-F]{4}) +\S+ +(\d+) +(\d+) +(\d+)/

/**
 * Reads `/proc/net/ip_vs` (Linux: net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show). Virtual servers of other kinds
 * than IPv4 with TCP or UDP (IPv6, SCTP, firewall marks) are left out.
 */
export function parseIpvsTable(text: string): ObservedVirtualServer[] {
  const servers: ObservedVirtualServer[] = []
  let realServers: ObservedRealServer[] | undefined
  for (const line of text.split('\n')) {
    const virtual = virtualLine.exec(line)
    const real = realLine.exec(line)
    if (virtual) {
      const [, protocol, address = '', port = ''] = virtual
      realServers = []
      servers.push({
        protocol: protocol === 'TCP' ? 'tcp' : 'udp',
        address: addressOf(address),
        port: Number.parseInt(port, 16),
        realServers,
      })
    } else if (real) {
      const [, address = '', port = '', weight, active, inactive] = real
      realServers?.push({
        address: addressOf(address),
        port: Number.parseInt(port, 16),
        weight: Number(weight),
        activeConnections: Number(active),
        inactiveConnections: Number(inactive),
      })
    } else if (!line.startsWith(' ')) realServers = undefined
  }
  return servers
}

function addressOf(hex: string): string {
  return Array.from({ length: 4 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16)).join('.')
}
