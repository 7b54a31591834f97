import { randomBytes, randomUUID } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { type Clock, systemClock } from './clock.ts'
import type { Settings } from './config.ts'
import { listOf } from './config-formats.ts'
import { SettingError } from './config-read.ts'
import type { BalancerDriver } from './drivers/balancer.ts'
import { createGitReader } from './drivers/git/program.ts'
import type { IdentityProvider } from './drivers/identity-provider.ts'
import { chooseBalancer } from './drivers/ipvs/choose.ts'
import { createClusterImporter } from './drivers/kubernetes/importer.ts'
import { createOidcProvider } from './drivers/oidc/provider.ts'
import { createRegistryClient } from './drivers/registry/client.ts'
import { parseRegistryCredentials } from './drivers/registry/credentials.ts'
import { parseAllowedOrigins } from './drivers/registry/origins.ts'
import { createSimulatedBalancer } from './drivers/simulated/balancer.ts'
import { ensureAdminToken } from './engine/accounts/admin-token.ts'
import { createEngine, type RunningEngine } from './engine/engine.ts'
import { canonicalImage, parseAllowList } from './engine/images/allow.ts'
import type { EngineSettings } from './engine/options.ts'
import { loadKeyring } from './engine/secrets/keyring.ts'
import { messageOf } from './errors.ts'
import type { Log } from './log.ts'
import { boundsOf, lookForRuntime } from './runtime.ts'
import { startEmbeddedPostgres } from './store/embedded.ts'
import { holdExclusively } from './store/exclusive.ts'
import { readGatewayId } from './store/gateway.ts'
import { migrate } from './store/migrate.ts'
import { openStore } from './store/postgres.ts'

export interface BackendOptions {
  settings: Settings
  environment: NodeJS.ProcessEnv
  version: string
  log: Log
  /** Called when the database went to another gateway: there is nothing left to do but to stop. */
  onLost(): void
}

export interface Backend {
  engine: RunningEngine
  /** Where the first credential is. */
  tokenFile: string
  close(): Promise<void>
}

/** Everything below the surfaces: the store, the runtime, the engine between them. */
export async function startBackend({ settings, environment, version, log, onLost }: BackendOptions): Promise<Backend> {
  const clock = systemClock
  await using cleanup = new AsyncDisposableStack()
  const stopping = new AbortController()
  cleanup.defer(() => stopping.abort(new Error('the gateway stops')))

  const chooseRuntime = lookForRuntime({ settings, environment, clock, log })
  const postgres = settings.DATABASE_URL
    ? { url: settings.DATABASE_URL, stop: async () => undefined }
    : await startEmbeddedPostgres({ dataDir: settings.DATA_DIR, log })
  cleanup.defer(() => postgres.stop())
  const store = await openStore({ url: postgres.url, log })
  cleanup.defer(() => store.close())
  const lock = await holdExclusively(store, { signal: stopping.signal, log, onLost })
  cleanup.defer(() => lock.release())
  await migrate(store, { log })

  const [real] = await store.sql<
    { found: boolean }[]
  >`select exists (select from clusters where runtime = 'docker') as found`
  const runtime = await chooseRuntime(real?.found ?? false)
  const balancer = await balancerOf(settings, runtime.name, clock)
  cleanup.defer(() => balancer?.close())
  const engine = createEngine({
    store,
    keyring: await loadKeyring({ dataDir: settings.DATA_DIR, secretKey: settings.SECRET_KEY }),
    gatewayId: await readGatewayId(store),
    runtime,
    identityProvider: identityProviderOf(settings),
    git: createGitReader(environment),
    registry: createRegistryClient({ clock, allowed: parseAllowedOrigins(settings.REGISTRY_HOSTS_ALLOWED) }),
    importer: createClusterImporter({
      clock,
      resolve: name => lookup(name, { all: true }),
      bounds: boundsOf(settings),
    }),
    balancer,
    settings: engineSettings(settings, version),
    clock,
    ids: randomUUID,
    random: Math.random,
    randomHex: bytes => randomBytes(bytes).toString('hex'),
    log,
  })
  cleanup.defer(() => engine.close())
  const tokenFile = await ensureAdminToken({
    dataDir: settings.DATA_DIR,
    accounts: engine.credentials,
    id: randomUUID(),
  })
  await engine.start()

  const all = cleanup.move()
  return { engine, tokenFile, close: () => all.disposeAsync() }
}

async function balancerOf(
  { BALANCER, BALANCER_INTERFACE }: Settings,
  runtime: 'docker' | 'simulated',
  clock: Clock,
): Promise<BalancerDriver | null> {
  if (BALANCER === 'none') return null
  if (runtime === 'simulated') return createSimulatedBalancer()
  return chooseBalancer({ wanted: BALANCER, device: BALANCER_INTERFACE, clock }).catch((error: unknown) => {
    throw new SettingError(`BALANCER=${BALANCER} cannot be used: ${messageOf(error)}`)
  })
}

function engineSettings(settings: Settings, version: string): EngineSettings {
  return {
    version,
    dockerHost: settings.DOCKER_HOST,
    nodeImage: canonicalImage(settings.NODE_IMAGE),
    nodeImages: parseAllowList(settings.NODE_IMAGES),
    registryCredentials: registryCredentialsOf(settings),
    maxNodes: settings.MAX_NODES,
    domain: settings.DOMAIN,
    networkPool: settings.NETWORK_POOL,
    apiServerHost: settings.API_SERVER_HOST,
    stopGraceSeconds: settings.STOP_GRACE,
    drainTimeoutMs: settings.DRAIN_TIMEOUT * 1000,
    stepTimeoutMs: settings.STEP_TIMEOUT * 1000,
    unitMemory: settings.VKUBE_UNIT_MEMORY,
    unitCpu: settings.VKUBE_UNIT_CPU,
    orderGraceMs: settings.VKUBE_GRACE * 1000,
    podBandwidth: settings.VKUBE_BANDWIDTH,
    kubefoxCluster: settings.KUBEFOX_CLUSTER,
    kubefoxGitAllowed: settings.KUBEFOX_GIT_ALLOWED.split(',')
      .map(url => url.trim())
      .filter(url => url !== ''),
    operationTtlMs: settings.OPERATION_TTL * 1000,
    auditTtlMs: settings.AUDIT_RETENTION * 1000,
    publicUrl: settings.PUBLIC_URL,
    logins: { allowed: listOf(settings.OIDC_ALLOWED), admins: listOf(settings.OIDC_ADMINS) },
    sessions: { ttlMs: settings.SESSION_TTL * 1000, idleMs: settings.SESSION_IDLE * 1000 },
    quotas: {
      clusters: settings.QUOTA_CLUSTERS,
      nodes: settings.QUOTA_NODES,
      connections: settings.QUOTA_CONNECTIONS,
      requestsPerMinute: settings.QUOTA_REQUESTS,
    },
  }
}

function registryCredentialsOf({ REGISTRY_CREDENTIALS }: Settings): EngineSettings['registryCredentials'] {
  try {
    return parseRegistryCredentials(REGISTRY_CREDENTIALS)
  } catch (error) {
    throw new SettingError(`REGISTRY_CREDENTIALS ${messageOf(error)}`)
  }
}

function identityProviderOf(settings: Settings): IdentityProvider | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret, PUBLIC_URL } = settings
  if (issuer === '') return undefined
  if (clientId === '' || PUBLIC_URL === '') throw new SettingError('OIDC_ISSUER needs OIDC_CLIENT_ID and PUBLIC_URL')
  return createOidcProvider({ issuer, clientId, clientSecret })
}
