import type Docker from 'dockerode'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { NodeDriver, NodeProcess, NodeSpec } from '../runtime.ts'
import { RuntimeError } from '../runtime.ts'
import { act, type DockerClient, daemonMessage, statusOf } from './client.ts'
import { execInContainer } from './exec.ts'
import { clusterIdLabel, clusterLabel, gatewayLabel, roleLabel } from './labels.ts'
import { listeningCommand, parseListening } from './listening.ts'
import { thaw, unkillable } from './thaw.ts'

/** What the daemon's host needs of a node beside what every node gets. */
export interface HostNeeds {
  /** `/dev/mapper`, where Docker's storage is btrfs or zfs. */
  deviceMapper: boolean
  /** `/dev/fuse`, under rootless Docker. */
  fuse: boolean
  /** API 1.41 knows private cgroup namespaces. */
  privateCgroups: boolean
  /** Proxy settings passed on to the node, in both cases. */
  proxy: Record<string, string>
}

const creationCheckMs = 250
const creationChecks = 240

export function createNodeDriver(
  { acts, streams }: DockerClient,
  { clock, hostNeeds }: { clock: Clock; hostNeeds: () => Promise<HostNeeds> },
): NodeDriver {
  /** An act that ends with the node dead, also when its processes have to be thawed for that. */
  async function killing(name: string, end: () => Promise<unknown>): Promise<void> {
    try {
      await end()
    } catch (error) {
      if (!unkillable.test(messageOf(error))) throw error
      const node = await act(() => acts.getContainer(name).inspect(), 404)
      if (node) await thaw(acts, { id: node.Id, image: node.Image })
      await end()
    }
  }

  return {
    async create(spec) {
      const body = containerBody(spec, await hostNeeds())
      for (let attempt = 0; attempt < creationChecks; attempt++) {
        if (await act(() => acts.getContainer(spec.name).inspect(), 404)) return
        if (await act(() => acts.createContainer(body), 409)) return
        // The name is taken and nothing has it: the daemon is still making what a gateway that was killed asked for.
        await clock.sleep(creationCheckMs)
      }
      throw new Error(`the name ${spec.name} is taken by a container that does not come to be`)
    },

    async start(name) {
      try {
        await act(() => acts.getContainer(name).start(), 304)
      } catch (error) {
        if (statusOf(error) === 404) throw missing(name, error)
        const message = daemonMessage(error)
        if (/port is already allocated|address already in use/i.test(message))
          throw new RuntimeError('PortTaken', `${name}: ${message}`, { cause: error })
        throw error
      }
    },

    async stop(name, graceSeconds) {
      await killing(name, () => act(() => acts.getContainer(name).stop({ t: graceSeconds }), 304, 404))
    },

    async remove(name) {
      // 409: another removal of the same container is under way; it is waited for like our own.
      await killing(name, () => act(() => acts.getContainer(name).remove({ force: true, v: true }), 404, 409))
      await act(() => acts.getContainer(name).wait({ condition: 'removed' }), 404)
    },

    async processes(name) {
      try {
        const top: unknown = await act(() => acts.getContainer(name).top({ ps_args: psArguments }))
        return parseTop(top)
      } catch (error) {
        throw notRunning(name, error)
      }
    },

    async listening(name, signal) {
      try {
        const { output } = await execInContainer(streams, name, listeningCommand, signal)
        return parseListening(output)
      } catch (error) {
        throw notRunning(name, error)
      }
    },
  }
}

/** An error of what only a running node can be asked. */
function notRunning(name: string, error: unknown): unknown {
  if (statusOf(error) === 404) return missing(name, error)
  if (statusOf(error) === 409 || /is not running/.test(daemonMessage(error)))
    return new RuntimeError('NodeNotRunning', `${name} is not running`, { cause: error })
  return error
}

function missing(name: string, cause: unknown): RuntimeError {
  return new RuntimeError('NodeMissing', `there is no container ${name}`, { cause })
}

/**
 * The container of a node as kind runs it (kind: pkg/cluster/internal/providers/docker/provision.go). Built from our own
 * type alone: nothing a caller sent reaches the daemon unseen.
 */
function containerBody(spec: NodeSpec, needs: HostNeeds): Docker.ContainerCreateOptions {
  const controlPlane = spec.role === 'control-plane'
  const published = spec.apiServer
    ? { '6443/tcp': [{ HostIp: spec.apiServer.host, HostPort: String(spec.apiServer.port) }] }
    : undefined
  const host: Docker.HostConfig & { CgroupnsMode?: string } = {
    Privileged: true,
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
    Tmpfs: { '/tmp': '', '/run': '' },
    Binds: ['/lib/modules:/lib/modules:ro', ...(needs.deviceMapper ? ['/dev/mapper:/dev/mapper'] : [])],
    Devices: needs.fuse ? [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' }] : [],
    // Started again with the daemon and after a crash, once; a node that was stopped stays stopped.
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 1 },
    NetworkMode: spec.network,
    Init: false,
    ...(needs.privateCgroups ? { CgroupnsMode: 'private' } : {}),
    ...(published ? { PortBindings: published } : {}),
  }
  return {
    name: spec.name,
    Hostname: spec.name,
    Image: spec.image,
    Tty: true,
    Labels: {
      [clusterLabel]: spec.cluster,
      [roleLabel]: spec.role,
      [clusterIdLabel]: spec.clusterId,
      [gatewayLabel]: spec.gatewayId,
    },
    Env: [
      ...(controlPlane ? ['KUBECONFIG=/etc/kubernetes/admin.conf'] : []),
      ...Object.entries(needs.proxy).map(([name, value]) => `${name}=${value}`),
    ],
    Volumes: { '/var': {} },
    ...(published ? { ExposedPorts: { '6443/tcp': {} } } : {}),
    HostConfig: host,
    NetworkingConfig: { EndpointsConfig: { [spec.network]: { IPAMConfig: { IPv4Address: spec.address } } } },
  }
}

// The daemon finds the container's processes by the column PID; `args` comes last, as it holds spaces.
const psArguments = '-eLo pid,ppid,lwp,user,stat,pcpu,rss,comm,args'

function parseTop(top: unknown): NodeProcess[] {
  if (typeof top !== 'object' || top === null || !('Processes' in top) || !Array.isArray(top.Processes)) return []
  return top.Processes.filter(isRow).map(
    ([pid = '', ppid, tid, user = '', state = '', cpu, rss, command = '', ...args]) => ({
      pid: Number(pid),
      ppid: Number(ppid),
      tid: Number(tid),
      user,
      state,
      cpu: Number(cpu),
      rss: Number(rss),
      command,
      args: args.join(' '),
    }),
  )
}

function isRow(row: unknown): row is string[] {
  return Array.isArray(row) && row.every(cell => typeof cell === 'string')
}
