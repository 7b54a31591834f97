import {
  type Endpoint,
  type ObservedRealServer,
  type ObservedVirtualServer,
  realServerKey,
  type VirtualServer,
} from '../balancer.ts'

/**
 * What `ipvsadm --restore` has to be told so that the kernel has the virtual server as wanted: round robin, masquerading.
 * `drain` says of a real server that shall go whether it stays for now without new connections (weight 0).
 */
export function rulesFor(
  wanted: VirtualServer,
  found: ObservedVirtualServer | undefined,
  drain: (server: ObservedRealServer) => boolean,
): string[] {
  const service = serviceOf(wanted)
  const rules = found ? [] : [`-A ${service} -s rr`]
  const known = new Map((found?.realServers ?? []).map(each => [realServerKey(each), each]))
  for (const key of wanted.realServers.map(realServerKey)) {
    const weight = known.get(key)?.weight
    known.delete(key)
    if (weight === undefined) rules.push(`-a ${service} -r ${key} -m -w 1`)
    else if (weight !== 1) rules.push(`-e ${service} -r ${key} -m -w 1`)
  }
  for (const [key, server] of known) {
    if (!drain(server)) rules.push(`-d ${service} -r ${key}`)
    else if (server.weight !== 0) rules.push(`-e ${service} -r ${key} -m -w 0`)
  }
  return rules
}

export function removalOf(server: Endpoint): string {
  return `-D ${serviceOf(server)}`
}

function serviceOf({ protocol, address, port }: Endpoint): string {
  return `${protocol === 'tcp' ? '-t' : '-u'} ${address}:${port}`
}
