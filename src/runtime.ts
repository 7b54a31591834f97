import type { Clock } from './clock.ts'
import type { Settings } from './config.ts'
import { SettingError } from './config-read.ts'
import type { Bounds } from './drivers/kubernetes/bounds.ts'
import type { Runtime } from './drivers/runtime.ts'
import { messageOf } from './errors.ts'
import type { Log } from './log.ts'

export interface RuntimeOptions {
  settings: Settings
  environment: NodeJS.ProcessEnv
  clock: Clock
  log: Log
}

/** Chooses once it is known whether the database has clusters of real Docker: those are waited for, not replaced. */
export type ChooseRuntime = (hasDockerClusters: boolean) => Promise<Runtime>

const daemonTimeoutMs = 3000

/**
 * Begins to look for the runtime that the setting RUNTIME asks for, while the database starts. `auto` is Docker where a
 * daemon answers. Choosing rejects with SettingError for `docker` without a daemon.
 */
export function lookForRuntime(options: RuntimeOptions): ChooseRuntime {
  const { settings, log } = options
  if (settings.RUNTIME === 'simulated') {
    log.warn('RUNTIME=simulated: every cluster from now on is SIMULATED, nothing of it is real')
    return () => simulatedRuntime(options)
  }
  const looking = dockerRuntime(options).then(async docker => ({ docker, silence: await silenceOf(docker) }))
  // Told to whoever chooses.
  looking.catch(() => undefined)
  return async hasDockerClusters => {
    const { docker, silence } = await looking
    if (silence === undefined || (settings.RUNTIME === 'auto' && hasDockerClusters)) return docker
    if (settings.RUNTIME === 'docker')
      throw new SettingError(
        `RUNTIME=docker, and no Docker daemon answers at DOCKER_HOST=${settings.DOCKER_HOST}: ${silence}`,
      )
    log.warn(
      { dockerHost: settings.DOCKER_HOST, reason: silence },
      'NO DOCKER: every cluster from now on is SIMULATED, nothing of it is real (RUNTIME=docker refuses to start instead)',
    )
    return simulatedRuntime(options)
  }
}

async function dockerRuntime({ settings, environment, clock }: RuntimeOptions): Promise<Runtime> {
  const { createDockerRuntime } = await import('./drivers/docker/runtime.ts')
  return createDockerRuntime({
    docker: {
      host: settings.DOCKER_HOST,
      tlsVerify: settings.DOCKER_TLS_VERIFY === '1',
      certPath: settings.DOCKER_CERT_PATH || null,
    },
    clock,
    random: Math.random,
    bounds: boundsOf(settings),
    proxy: proxyOf(environment),
  })
}

async function simulatedRuntime({ settings, clock, log }: RuntimeOptions): Promise<Runtime> {
  const { createSimulatedRuntime } = await import('./drivers/simulated/runtime.ts')
  return createSimulatedRuntime({ clock, log, pace: 1, stateFile: `${settings.DATA_DIR}/simulated.json` })
}

/** How much of one kind is kept of each cluster. */
export function boundsOf({ CLUSTER_OBJECTS, CLUSTER_BYTES }: Settings): Bounds {
  return { objects: CLUSTER_OBJECTS, bytes: CLUSTER_BYTES }
}

/** Why the daemon does not answer; undefined when it does. */
async function silenceOf(runtime: Runtime): Promise<string | undefined> {
  const late = new Promise<string>(resolve =>
    setTimeout(resolve, daemonTimeoutMs, `no answer within ${daemonTimeoutMs / 1000} s`).unref(),
  )
  return Promise.race([
    late,
    runtime.version().then(
      () => undefined,
      (error: unknown) => messageOf(error),
    ),
  ])
}

/** What nodes get of the gateway's proxy settings, in both cases, as kind passes them on. */
function proxyOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const proxy: Record<string, string> = {}
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
    const value = environment[name] ?? environment[name.toLowerCase()]
    if (value) proxy[name] = proxy[name.toLowerCase()] = value
  }
  if (Object.keys(proxy).length === 0) return {}
  const own = [
    '10.244.0.0/16',
    '10.96.0.0/16',
    '172.16.0.0/12',
    '.svc',
    '.svc.cluster',
    '.svc.cluster.local',
    '.localhost',
  ]
  const except = [proxy.NO_PROXY, ...own].filter(Boolean).join(',')
  return { ...proxy, NO_PROXY: except, no_proxy: except }
}
