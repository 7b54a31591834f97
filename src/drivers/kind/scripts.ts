import { discoveryFile, phaseFlags } from './kubeadm.ts'
import type { KubernetesVersion } from './version.ts'

/** In a node that has been bootstrapped. */
export const doneFile = '/kind/kindgate.done'

/**
 * A node's bootstrap as a shell script that may run any number of times, also twice at once: the second waits for the
 * first (a lock in the node, which outlives the gateway) and finds its work done.
 */
function once(steps: string): string[] {
  return [
    'sh',
    '-euc',
    `exec 9>/kind/kindgate.lock
flock 9
[ ! -e ${doneFile} ] || exit 0
until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done
${steps}
touch ${doneFile}`,
  ]
}

/**
 * The kubelet's kubeconfig names the file in which it keeps its certificate up to date, as kubeadm's phase
 * kubelet-finalize leaves it; the phase would restart the kubelet for it.
 */
const rotating = `current=/var/lib/kubelet/pki/kubelet-client-current.pem
if [ -e $current ]; then
  sed -i -E "s#client-(certificate|key)-data: .*#client-\\1: $current#" /etc/kubernetes/kubelet.conf
fi`

export function initScript(version: KubernetesVersion): string[] {
  const flags = phaseFlags(version, 'control-plane')
  return once(`kubeadm init --config=/kind/kubeadm.conf --skip-token-print ${flags} 2>&1
${rotating}`)
}

export function joinScript(version: KubernetesVersion): string[] {
  return once(`kubeadm join --config=/kind/kubeadm.conf ${phaseFlags(version, 'worker')} 2>&1
${rotating}
rm -f ${discoveryFile}`)
}
