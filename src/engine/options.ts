import type { Clock } from '../clock.ts'
import type { BalancerDriver } from '../drivers/balancer.ts'
import type { GitReader } from '../drivers/git/repository.ts'
import type { IdentityProvider } from '../drivers/identity-provider.ts'
import type { ClusterImporter } from '../drivers/kubernetes/importer.ts'
import type { Registry, RegistryCredentials } from '../drivers/registry.ts'
import type { Runtime } from '../drivers/runtime.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/postgres.ts'
import type { CreateSettings } from './clusters/create.ts'
import type { WorkSettings } from './clusters/steps/work.ts'
import type { LoginPolicy } from './logins/policy.ts'
import type { SessionLimits } from './logins/sessions.ts'
import type { OrderSettings } from './orders/orders.ts'
import type { Keyring } from './secrets/keyring.ts'

export interface EngineSettings extends CreateSettings, WorkSettings, OrderSettings {
  /** How long an operation that has ended is kept, in milliseconds. */
  operationTtlMs: number
  /** How long entries of the audit log are kept, in milliseconds; at least a day. */
  auditTtlMs: number
  /** For lists of node images, by the registry's host. */
  registryCredentials: ReadonlyMap<string, RegistryCredentials>
  /** Where the Docker daemon is. */
  dockerHost: string
  /** The cluster of KubeFox platforms that name none; empty: none. */
  kubefoxCluster: string
  /** Git repositories that KubeFox systems may be read from, each with all that is below it. */
  kubefoxGitAllowed: string[]
  /** The gateway's version. */
  version: string
  /** The gateway's origin as browsers see it; empty where nobody logs in. */
  publicUrl: string
  logins: LoginPolicy
  sessions: SessionLimits
}

export interface EngineOptions {
  store: Store
  /** Encrypts what must be had back in clear. */
  keyring: Keyring
  /** The id of the store's gateway: containers carry it as a label. */
  gatewayId: string
  runtime: Runtime
  /** Where people log in; nowhere without it. */
  identityProvider?: IdentityProvider | undefined
  git: GitReader
  /** Asks the registries of images. */
  registry: Registry
  /** The way to clusters that somebody else runs. */
  importer: ClusterImporter
  /** Null: load balancing is switched off. */
  balancer: BalancerDriver | null
  settings: EngineSettings
  clock: Clock
  ids: () => string
  random: () => number
  randomHex: (bytes: number) => string
  log: Log
}
