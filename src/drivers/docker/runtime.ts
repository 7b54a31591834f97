import type { Clock } from '../../clock.ts'
import { createKindBootstrap } from '../kind/bootstrap.ts'
import type { Bounds } from '../kubernetes/bounds.ts'
import { type Runtime, RuntimeError } from '../runtime.ts'
import { act, connectDocker, type DockerClient, type DockerSettings } from './client.ts'
import { createNodeDriver, type HostNeeds } from './containers.ts'
import { createImageDriver } from './images.ts'
import { createNetworkDriver } from './networks.ts'
import { observeDocker } from './observe.ts'
import { createNodeShell } from './shell.ts'

export interface DockerRuntimeOptions {
  docker: DockerSettings
  clock: Clock
  random: () => number
  /** Proxy settings that nodes get, as `HTTP_PROXY` and the like. */
  proxy: Record<string, string>
  /** How much of one kind is kept of each cluster; `defaultBounds` when absent. */
  bounds?: Bounds
}

/** Clusters for real: nodes are containers of a Docker daemon. Does not ask whether one answers. */
export async function createDockerRuntime(options: DockerRuntimeOptions): Promise<Runtime> {
  const { docker, clock, random, proxy, bounds } = options
  const client = await connectDocker(docker)
  const host = hostFacts(client)
  const needs = async (): Promise<HostNeeds> => ({ ...(await host()), proxy })
  return {
    name: 'docker',
    observe: (observer, signal) => observeDocker(client, observer, signal, { clock, random }),
    async version() {
      const version = await act(() => client.acts.version())
      if (!version) throw new RuntimeError('RuntimeUnavailable', 'Docker gives no version')
      return { engine: version.Version, apiVersion: version.ApiVersion, os: version.Os, arch: version.Arch }
    },
    images: createImageDriver(client),
    networks: createNetworkDriver(client, { local: docker.host.startsWith('unix://') }),
    nodes: createNodeDriver(client, { clock, hostNeeds: needs }),
    bootstrap: createKindBootstrap({
      shell: createNodeShell(client),
      clock,
      ...(bounds && { bounds }),
      cgroupV1: async () => (await host()).cgroupV1,
    }),
  }
}

/** What of the daemon's host matters to nodes. Asked once: it does not change under a running daemon. */
function hostFacts({ acts }: DockerClient) {
  let known: Promise<Omit<HostNeeds, 'proxy'> & { cgroupV1: boolean }> | undefined
  const ask = async () => {
    const [info, version] = await Promise.all([act(() => acts.info()), act(() => acts.version())])
    const security: unknown = info?.SecurityOptions
    const [major = 0, minor = 0] = (version?.ApiVersion ?? '').split('.').map(Number)
    return {
      deviceMapper: info?.Driver === 'btrfs' || info?.Driver === 'zfs',
      fuse: Array.isArray(security) && security.some(option => String(option).includes('rootless')),
      privateCgroups: major > 1 || (major === 1 && minor >= 41),
      cgroupV1: info?.CgroupVersion === '1',
    }
  }
  return () => {
    known ??= ask().catch(error => {
      known = undefined
      throw error
    })
    return known
  }
}
