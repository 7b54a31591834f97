import { createHash } from 'node:crypto'
import type { NodeProcess } from '../runtime.ts'
import type { NodeState } from './state.ts'

interface Program {
  command: string
  args: string
  user?: string
  threads: number
  /** KiB. */
  rss: number
  cpu: number
}

const system: Program[] = [
  { command: 'systemd', args: '/sbin/init', threads: 1, rss: 12_100, cpu: 0.1 },
  { command: 'systemd-journal', args: '/lib/systemd/systemd-journald', threads: 1, rss: 14_800, cpu: 0.1 },
  { command: 'containerd', args: '/usr/local/bin/containerd', threads: 14, rss: 68_400, cpu: 0.9 },
]

const kubelet: Program = {
  command: 'kubelet',
  args: '/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml',
  threads: 16,
  rss: 92_300,
  cpu: 1.8,
}

const onEveryNode: Program[] = [
  {
    command: 'kube-proxy',
    args: '/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf',
    threads: 8,
    rss: 48_200,
    cpu: 0.1,
  },
  { command: 'kindnetd', args: '/bin/kindnetd', threads: 9, rss: 34_700, cpu: 0.1 },
]

const onControlPlane: Program[] = [
  { command: 'etcd', args: 'etcd --data-dir=/var/lib/etcd', threads: 12, rss: 61_500, cpu: 2.1 },
  { command: 'kube-apiserver', args: 'kube-apiserver --secure-port=6443', threads: 13, rss: 268_900, cpu: 4.2 },
  {
    command: 'kube-controller',
    args: 'kube-controller-manager --leader-elect=true',
    threads: 9,
    rss: 118_600,
    cpu: 1.6,
  },
  { command: 'kube-scheduler', args: 'kube-scheduler --leader-elect=true', threads: 10, rss: 63_700, cpu: 0.5 },
  {
    command: 'coredns',
    args: '/coredns -conf /etc/coredns/Corefile',
    user: '65532',
    threads: 11,
    rss: 58_100,
    cpu: 0.2,
  },
  {
    command: 'local-path-prov',
    args: 'local-path-provisioner start --config /etc/config/config.json',
    threads: 10,
    rss: 41_900,
    cpu: 0.1,
  },
]

/**
 * Processes and threads as a running kind node has them, by how far it has come: before kubeadm there are only systemd
 * and containerd. The same node always gives the same list.
 */
export function inventProcesses(node: NodeState, apiServerAnswers: boolean): NodeProcess[] {
  const programs = [
    ...system,
    ...(apiServerAnswers || node.joinedTo !== null ? [kubelet] : []),
    ...(apiServerAnswers ? onControlPlane : []),
    ...(node.joinedTo !== null ? onEveryNode : []),
  ]
  let next = firstPid(node.name)
  const init = next
  return programs.flatMap(({ threads, user = 'root', command, args, rss, cpu }) => {
    const pid = next
    next += threads + 3
    return Array.from({ length: threads }, (_, thread) => ({
      pid,
      ppid: pid === init ? init - 1 : init,
      tid: pid + thread,
      user,
      state: threads > 1 ? 'Ssl' : 'Ss',
      cpu,
      rss,
      command,
      args,
    }))
  })
}

/** Processes are numbered as the host sees them: far from 1, and elsewhere for each node. */
function firstPid(name: string): number {
  return 10_000 + (createHash('sha256').update(name).digest().readUInt32BE() % 3_000_000)
}
