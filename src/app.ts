import { closeServer } from './api/http/lifecycle.ts'
import { createServer, type HttpServer } from './api/http/server.ts'
import { type CertificateFiles, type CertificateSource, openCertificate } from './api/http/tls/certificate.ts'
import { surfaces } from './api/surfaces.ts'
import { type Backend, startBackend } from './backend.ts'
import { systemClock } from './clock.ts'
import type { Settings } from './config.ts'
import { listOf } from './config-formats.ts'
import { SettingError } from './config-read.ts'
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
  const stopping = new AbortController()
  cleanup.defer(() => stopping.abort())
  const certificate = await certificateOf(settings, { clock: systemClock, log, signal: stopping.signal })

  const backend = await startBackend({
    settings,
    environment,
    version,
    log,
    onLost: () => onFatal('another gateway has taken over the database'),
  })
  cleanup.defer(() => backend.close())
  const { engine } = backend

  const server = createServer({
    engine,
    log,
    certificate,
    trustedProxies: listOf(settings.TRUST_PROXY),
    browsers: {
      secure: certificate !== undefined || settings.PUBLIC_URL.startsWith('https:'),
      allowedOrigins: [settings.PUBLIC_URL, ...listOf(settings.ALLOWED_ORIGINS)]
        .filter(url => url !== '')
        .map(url => new URL(url).origin),
    },
    credentialFailures: settings.CREDENTIAL_FAILURES,
  })
  cleanup.defer(() => closeServer(server, { graceMs: closeGraceMs }))
  await server.register(async (scope: HttpServer) =>
    surfaces(scope, {
      engine,
      clock: systemClock,
      deflate: settings.WS_DEFLATE === 'on',
      vkube: { public: settings.VKUBE_PUBLIC === 'true', requestsPerMinute: settings.VKUBE_RATE },
    }),
  )
  const scheme = certificate ? 'https' : 'http'
  const address = await server.listen({
    host: settings.HOST,
    port: settings.PORT,
    listenTextResolver: address => `listening at ${address.replace(/^http/, scheme)}`,
  })
  const url = address.replace(/^http/, scheme)

  const all = cleanup.move()
  let closing: Promise<void> | undefined
  return { url, log, backend, close: () => (closing ??= all.disposeAsync()) }
}

/** What the gateway speaks TLS with, if it does. */
async function certificateOf(
  { TLS_CERT, TLS_KEY }: Settings,
  options: Pick<CertificateFiles, 'clock' | 'log' | 'signal'>,
): Promise<CertificateSource | undefined> {
  if (TLS_CERT === '' && TLS_KEY === '') return undefined
  if (TLS_CERT === '' || TLS_KEY === '') throw new SettingError('TLS_CERT and TLS_KEY are set together')
  return openCertificate({ certFile: TLS_CERT, keyFile: TLS_KEY, ...options })
}
