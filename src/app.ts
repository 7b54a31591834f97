import { closeServer } from './api/http/lifecycle.ts'
import { createServer, type HttpServer } from './api/http/server.ts'
import { surfaces } from './api/surfaces.ts'
import { type Backend, startBackend } from './backend.ts'
import { systemClock } from './clock.ts'
import type { Settings } from './config.ts'
import { createLogger, type Log } from './log.ts'

export interface GatewayOptions {
  settings: Settings
  environment: NodeJS.ProcessEnv
  version: string
  /** Called when the gateway cannot go on. */
  onFatal(reason: string): void
}

export interface Gateway {
  url: string
  log: Log
  backend: Backend
  /** Answers what is under way, then leaves everything as it is: the next start goes on from there. */
  close(): Promise<void>
}

const closeGraceMs = 10_000

/** The whole gateway: what is below the surfaces, the surfaces, and the address they listen on. */
export async function startGateway({ settings, environment, version, onFatal }: GatewayOptions): Promise<Gateway> {
  const log = createLogger({ level: settings.LOG_LEVEL })
  await using cleanup = new AsyncDisposableStack()

  const backend = await startBackend({
    settings,
    environment,
    version,
    log,
    onLost: () => onFatal('another gateway has taken over the database'),
  })
  cleanup.defer(() => backend.close())
  const { engine } = backend

  const server = createServer({ engine, log })
  cleanup.defer(() => closeServer(server, { graceMs: closeGraceMs }))
  await server.register(async (scope: HttpServer) =>
    surfaces(scope, { engine, clock: systemClock, deflate: settings.WS_DEFLATE === 'on' }),
  )
  const url = await server.listen({
    host: settings.HOST,
    port: settings.PORT,
    listenTextResolver: address => `listening at ${address}`,
  })

  const all = cleanup.move()
  let closing: Promise<void> | undefined
  return { url, log, backend, close: () => (closing ??= all.disposeAsync()) }
}
