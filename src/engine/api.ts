import type { Identity } from './accounts/identity.ts'
import type { Principal } from './accounts/principal.ts'
import type { AuditCommands } from './audit/audit.ts'
import type { ClientRegistry } from './clients/registry.ts'
import type { ClusterCreate, ClusterPatch } from './clusters/schema.ts'
import type { CommandOptions } from './command-options.ts'
import type { ImageCheck } from './images/check.ts'
import type { ImageList } from './images/list.ts'
import type { LoginCommands } from './logins/logins.ts'
import type { HostNetworks, Network, PoolCreate } from './networks/schema.ts'
import type { NodesAdd, Process } from './nodes/schema.ts'
import type { Operation } from './operations/schema.ts'
import type { Orders } from './orders/orders.ts'
import type { PlatformCommands } from './platforms/commands.ts'
import type { DeploymentCommands } from './platforms/deployments.ts'
import type { PodCommands } from './pods/api.ts'
import type { RefWrites } from './refs/commands.ts'
import type { GitSystems } from './refs/from-git.ts'
import type { RefReads } from './refs/reads.ts'
import type { Tables } from './tables.ts'
import type { UserCommands } from './users/commands.ts'
import type { Version } from './versions.ts'

/**
 * Everything a surface may ask of the gateway. Commands write what is wanted and answer with the operation that brings
 * it about; reads come from the mirror's tables. Who may do and see what is decided behind this, once for all surfaces:
 * what a principal may not see is NotFound.
 */
export interface Engine {
  readonly clusters: ClusterCommands
  readonly nodes: NodeCommands
  readonly networks: {
    /** Makes a pool of external addresses. Errors: Forbidden, Unprocessable, AlreadyExists, Conflict (overlaps another). */
    create(principal: Principal, body: PoolCreate): Promise<Network>
    /** Errors: Forbidden, NotFound, ReadOnly (a cluster's network), Conflict (in use, says by what). */
    remove(principal: Principal, name: string): Promise<void>
    /** The gateway's host. Errors: Forbidden. */
    host(principal: Principal): HostNetworks
  }
  readonly pods: PodCommands
  readonly images: {
    /**
     * The node images that the setting NODE_IMAGES allows: what is here, as last seen, and the newest patch of each minor
     * version that the registries have, or with `all` everything that they have. Answers within 5 s.
     */
    list(principal: Principal, options: { all: boolean }): Promise<ImageList>
    /** Whether an image of a container is there to be pulled. */
    exists: ImageCheck['exists']
  }
  readonly operations: {
    /** The operation once it has ended, or as it is after `ms` milliseconds or when the signal aborts. */
    wait(principal: Principal, id: string, ms: number, signal: AbortSignal): Promise<Operation>
  }
  readonly orders: Orders
  readonly accounts: {
    /** Whose token this is; undefined for one that is unknown, expired or whose user is disabled. No database round trip. */
    authenticate(token: string): Identity | undefined
    /** The same for what a browser holds since its login. */
    authenticateSession(session: string): Identity | undefined
    /**
     * The same for a service account: `compact` is the JWE (RFC 7516) that its client made of `aux`. Rejects with
     * GatewayError `Unavailable` when the key has to be read and the store does not answer.
     */
    authenticateServiceAccount(compact: string, aux: string): Promise<Identity | undefined>
    /** Whether an identity still holds, for who shows its credential once more: a use as well, without a look at the secret. */
    holds(identity: Identity): boolean
    /** Counts a request of somebody. Throws TooManyRequests, whose `retryAfter` says when there is room again, in seconds. */
    admit(identity: Identity): void
    /** Counts a watch or WebSocket until what it returns is called. Throws TooManyRequests. */
    connect(identity: Identity): () => void
  }
  readonly users: UserCommands
  /** Who is connected by WebSocket. */
  readonly clients: ClientRegistry
  /** Logins of people with their browsers, at an identity provider. */
  readonly logins: LoginCommands
  /** Who did what. */
  readonly audit: AuditCommands
  /** KubeFox: configs, environments and systems. */
  readonly refs: RefWrites & RefReads & GitSystems
  /** KubeFox: platforms with their deployments and releases. */
  readonly platforms: PlatformCommands & DeploymentCommands
  /** The live tables; lists and watches filter by what the principal may see. */
  readonly tables: Tables
  version(): Version
  /** What the gateway needs to work, and whether it is there. */
  health(): HealthCheck[]
}

export interface HealthCheck {
  name: 'store' | 'runtime' | 'mirror'
  ready: boolean
  message: string
}

export interface ClusterCommands {
  /** Errors: InvalidRequest, ImageNotAllowed, AlreadyExists, Unprocessable (the idempotency key came with another command). */
  create(principal: Principal, body: ClusterCreate, options?: CommandOptions): Promise<Operation>
  /** Errors: NotFound, ReadOnly, Conflict, PreconditionFailed. */
  patch(principal: Principal, name: string, body: ClusterPatch, options?: CommandOptions): Promise<Operation>
  /** Asked again while it is being deleted, answers with the operation that does it. */
  remove(principal: Principal, name: string, options?: CommandOptions): Promise<Operation>
  start(principal: Principal, name: string, options?: CommandOptions): Promise<Operation>
  stop(principal: Principal, name: string, options?: CommandOptions): Promise<Operation>
  /** YAML, with a server address that works from the Docker host. Errors: NotFound, Conflict (not made yet). */
  kubeconfig(principal: Principal, name: string): Promise<string>
}

export interface NodeCommands {
  /** Adds workers to a cluster. */
  add(principal: Principal, cluster: string, body: NodesAdd, options?: CommandOptions): Promise<Operation>
  /** Drains and removes a worker. Errors: NotFound, ReadOnly, Conflict (a control plane). */
  remove(principal: Principal, name: string, options?: CommandOptions): Promise<Operation>
  start(principal: Principal, name: string, options?: CommandOptions): Promise<Operation>
  stop(principal: Principal, name: string, options?: CommandOptions): Promise<Operation>
  /** Errors: NotFound, Conflict (not running), Unavailable. */
  processes(principal: Principal, name: string): Promise<Process[]>
}
