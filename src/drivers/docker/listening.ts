import type { ListeningPort } from '../runtime.ts'

const files = ['tcp', 'tcp6', 'udp', 'udp6'].map(name => `/proc/net/${name}`)

/**
 * Prints the lines of sockets that listen (state 0A) or, for UDP, are bound (07), each with its file. A file may be missing,
 * as where there is no IPv6; then grep's status is 2, but what it found is printed.
 * https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 */
export const listeningCommand = [
  'grep',
  '-sHE',
  '^ *[0-9]+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4} (0A|07) ',
  ...files,
]

/** The ports in that output, each once. */
export function parseListening(output: string): ListeningPort[] {
  const found = new Map<string, ListeningPort>()
  for (const [, protocol = '', hex = ''] of output.matchAll(
    /^\/proc\/net\/(tcp|udp)6?: *\d+: [0-9A-F]+:([0-9A-F]{4}) /gm,
  )) {
    const port = Number.parseInt(hex, 16)
    found.set(`${protocol} ${port}`, { protocol: protocol === 'tcp' ? 'TCP' : 'UDP', port })
  }
  return [...found.values()]
}
