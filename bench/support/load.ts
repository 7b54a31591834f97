import http from 'node:http'
import https from 'node:https'

export interface Load {
  /** Answers per second. */
  rate: number
  answers: number
  /** Of one answer. */
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
  const pool = { keepAlive: true, maxSockets: options.connections }
  const secure = address.startsWith('https:')
  const agent = secure ? new https.Agent({ ...pool, ...options.tls }) : new http.Agent(pool)
  const { get } = secure ? https : http
  const begun = performance.now()
  let answers = 0
  let bytes = 0

  const once = () =>
    new Promise<void>((resolve, reject) => {
      const request = get(address, { agent, headers: options.headers ?? {} }, response => {
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
        })
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`${address} answered ${response.statusCode}`))
          answers += 1
          bytes = length
          resolve()
        })
      })
      request.on('error', reject)
    })

  const worker = async () => {
    while (performance.now() - begun < options.ms) await once()
  }
  try {
    await Promise.all(Array.from({ length: options.connections }, worker))
  } finally {
    agent.destroy()
  }
  return { rate: (answers * 1000) / (performance.now() - begun), answers, bytes }
}
