import type Docker from 'dockerode'
import { act } from './client.ts'

/** What the daemon says of a container whose processes do not die. */
export const unkillable = /did not receive an exit event/

/**
 * On a cgroup v1 host a node that is killed while its own runc holds a pod frozen cannot die: frozen processes take no
 * signal. Nobody but the host can thaw them, so a short-lived container of the node's image does, in the node's cgroups
 * alone. Without such cgroups it does nothing.
 */
export async function thaw(docker: Docker, node: { id: string; image: string }): Promise<void> {
  const script = `find "/freezer" -path "*/${node.id}/*" -name freezer.state | while read -r state; do echo THAWED >"$state"; done`
  const helper = await act(() =>
    docker.createContainer({
      Image: node.image,
      Entrypoint: ['sh', '-c', script],
      HostConfig: { Privileged: true, NetworkMode: 'none', Binds: ['/sys/fs/cgroup/freezer:/freezer'] },
    }),
  )
  if (!helper) return
  try {
    await act(() => helper.start())
    await act(() => helper.wait())
  } finally {
    await act(() => helper.remove({ force: true, v: true }), 404)
  }
}
