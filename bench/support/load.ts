import { once } from 'node:events'
import https from 'node:https'
import { connect, type Socket } from 'node:net'

export interface Load {
  /** Answers per second. */
  rate: number
  answers: number
  /** Of the body of one answer. */
  bytes: number
}

export interface LoadOptions {
  connections: number
  ms: number
  headers?: Record<string, string>
  /** What TLS takes, for addresses of https. */
  tls?: https.AgentOptions
}

/** Asks for one address over so many kept-alive connections for so long, each as soon as it has its answer. */
export async function load(address: string, options: LoadOptions): Promise<Load> {
  const begun = performance.now()
  const going = () => performance.now() - begun < options.ms
  const counted = address.startsWith('https:')
    ? await loadOverTls(address, options, going)
    : await loadPlain(address, options, going)
  return { rate: (counted.answers * 1000) / (performance.now() - begun), ...counted }
}

interface Counted {
  answers: number
  bytes: number
}

/** Over sockets that only count what they get, so that the server is the limit. */
async function loadPlain(address: string, options: LoadOptions, going: () => boolean): Promise<Counted> {
  const { hostname, port, pathname, search, host } = new URL(address)
  const lines = Object.entries({ host, ...options.headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const counted = { answers: 0, bytes: 0 }

  async function connection(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let left = 0
    const take = (length: number, buffer: Uint8Array): boolean => {
      let at = 0
      if (left === 0) {
        const head = Buffer.from(buffer.buffer, buffer.byteOffset, Math.min(length, 4096)).toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        const size = /^HTTP\/1\.1 200 [\s\S]*?\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1]
        if (end === -1 || size === undefined) reject(new Error(`${address} answered ${head.slice(0, 200)}`))
        counted.bytes = left = Number(size)
        at = end + 4
      }
      left -= length - at
      if (left > 0) return true
      counted.answers += 1
      if (going()) socket.write(request)
      else resolve()
      return true
    }
    const socket: Socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: Buffer.allocUnsafeSlow(256 * 1024), callback: take },
    })
    await once(socket, 'connect')
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
    socket.write(request)
    try {
      await promise
    } finally {
      socket.destroy()
    }
  }

  await Promise.all(Array.from({ length: options.connections }, connection))
  return counted
}

async function loadOverTls(address: string, options: LoadOptions, going: () => boolean): Promise<Counted> {
  const agent = new https.Agent({ keepAlive: true, maxSockets: options.connections, ...options.tls })
  const counted = { answers: 0, bytes: 0 }
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const request = https.get(address, { agent, headers: options.headers ?? {} }, response => {
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
        })
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`${address} answered ${response.statusCode}`))
          counted.answers += 1
          counted.bytes = length
          resolve()
        })
      })
      request.on('error', reject)
    })
  const worker = async () => {
    while (going()) await ask()
  }
  try {
    await Promise.all(Array.from({ length: options.connections }, worker))
    return counted
  } finally {
    agent.destroy()
  }
}
