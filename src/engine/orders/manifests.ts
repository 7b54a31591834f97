import { createHash } from 'node:crypto'
import type { JsonObject } from '../../drivers/kubernetes/objects.ts'
import { type DeployedContainer, type Deployment, namespaceOf } from './rows.ts'
import { formatCpu, formatMemory, memoryBytes, type Worth } from './units.ts'

export interface ManifestOptions {
  orderId: string
  deployment: Deployment
  worth: Worth
  /** `1024M`: what each direction may carry in a second, where the network plugin heeds it. */
  bandwidth: string
}

export const orderLabel = 'io.kindgate.order'
const configName = 'config'

/**
 * All that runs for an order, in a namespace of its own. The pod cannot talk to Kubernetes, to other orders' pods or to
 * private networks, and has no more rights than images in the field need to start: those that drop to a user of their own
 * and those that listen below 1024.
 */
export function manifestsOf(options: ManifestOptions): JsonObject[] {
  const { orderId, deployment } = options
  const namespace = namespaceOf(orderId)
  const labels = { 'app.kubernetes.io/managed-by': 'kindgate', [orderLabel]: orderId }
  const named = (name: string) => ({ name, namespace, labels })
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: named('order'), spec: { hard: quotaOf(options.worth) } },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: named('order'),
      spec: networkPolicyOf(deployment),
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: named(configName), data: configOf(deployment) },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: named(orderId),
      spec: {
        replicas: deployment.stopped ? 0 : 1,
        // The next pod needs the ports and the memory of the one before it.
        strategy: { type: 'Recreate' },
        revisionHistoryLimit: 1,
        selector: { matchLabels: { [orderLabel]: orderId } },
        template: { metadata: { labels, annotations: annotationsOf(options) }, spec: podOf(options) },
      },
    },
  ]
}

function quotaOf({ memory, cpu }: Worth): JsonObject {
  return {
    'requests.memory': formatMemory(memory),
    'limits.memory': formatMemory(memory),
    'requests.cpu': formatCpu(cpu),
  }
}

function annotationsOf({ bandwidth, deployment }: ManifestOptions): Record<string, string> {
  return {
    'kubernetes.io/egress-bandwidth': bandwidth,
    'kubernetes.io/ingress-bandwidth': bandwidth,
    'kindgate/restarts': String(deployment.restarts),
    // A file that is mounted by its path alone does not change in a running pod.
    'kindgate/config': createHash('sha256')
      .update(JSON.stringify(configOf(deployment)))
      .digest('hex'),
  }
}

function podOf({ orderId, deployment, worth }: ManifestOptions): JsonObject {
  const cpu = formatCpu(Math.floor(worth.cpu / deployment.containers.length))
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    nodeSelector: { region: deployment.region },
    ...(deployment.nodes === null ? {} : { affinity: affinityTo(deployment.nodes) }),
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    containers: deployment.containers.map(container => containerOf(container, cpu)),
    volumes: [{ name: configName, configMap: { name: configName } }],
    hostname: `order-${orderId.slice(0, 8)}`,
  }
}

function containerOf(container: DeployedContainer, cpu: string): JsonObject {
  const { name, image, command, args, envs, config } = container
  const memory = formatMemory(memoryBytes(container.memory))
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    ports: container.ports.map(({ containerPort, hostPort, protocol }) => ({
      containerPort,
      protocol,
      ...(hostPort === null ? {} : { hostPort }),
    })),
    env: envs.map(({ name, value }) => ({ name, value })),
    resources: { limits: { memory }, requests: { cpu, memory } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: capabilities },
    },
    ...(command.length > 0 ? { command } : {}),
    ...(args.length > 0 ? { args } : {}),
    volumeMounts: config === null ? [] : [{ name: configName, mountPath: config.path, subPath: name, readOnly: true }],
  }
}

/** Docker's defaults without those that forge packets, make devices, or change capabilities and roots. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID']

function affinityTo(nodes: string[]): JsonObject {
  const terms = [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: nodes }] }]
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } }
}

function configOf({ containers }: Deployment): Record<string, string> {
  return Object.fromEntries(containers.flatMap(({ name, config }) => (config === null ? [] : [[name, config.text]])))
}

// RFC 1918, RFC 6598, link-local with the metadata services of clouds, and their sisters in IPv6.
const privateRanges = {
  ipv4: ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ipv6: ['fc00::/7', 'fe80::/10'],
}

/** In: the ports that containers name. Out: names, and what is not a private network. */
function networkPolicyOf({ containers }: Deployment): JsonObject {
  const ports = containers.flatMap(container =>
    container.ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol })),
  )
  return {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: ports.length > 0 ? [{ ports }] : [],
    egress: [
      {
        ports: ['UDP', 'TCP'].map(protocol => ({ port: 53, protocol })),
        to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
      },
      {
        to: [
          { ipBlock: { cidr: '0.0.0.0/0', except: privateRanges.ipv4 } },
          { ipBlock: { cidr: '::/0', except: privateRanges.ipv6 } },
        ],
      },
    ],
  }
}
