import type { JsonObject } from '../../kubernetes/objects.ts'

/** What kubeadm and the node image's add-ons make in a cluster. */
export function systemObjects(): JsonObject[] {
  return [
    ...['default', 'kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'].map(name => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
      status: { phase: 'Active' },
    })),
    daemonSet('kindnet', 'docker.io/kindest/kindnetd:v20251212'),
    daemonSet('kube-proxy', 'registry.k8s.io/kube-proxy'),
    deployment('kube-system', 'coredns', 'registry.k8s.io/coredns/coredns:v1.12.1', 2, { 'k8s-app': 'kube-dns' }),
    deployment(
      'local-path-storage',
      'local-path-provisioner',
      'docker.io/kindest/local-path-provisioner:v20251212',
      1,
      {
        app: 'local-path-provisioner',
      },
    ),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
      spec: {
        clusterIP: '10.96.0.10',
        selector: { 'k8s-app': 'kube-dns' },
        ports: [
          { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, targetPort: 53, protocol: 'TCP' },
          { name: 'metrics', port: 9153, targetPort: 9153, protocol: 'TCP' },
        ],
      },
    },
  ]
}

/** The static pods of a control plane node. */
export function staticPods(node: string, version: string): JsonObject[] {
  const image = (name: string) => `registry.k8s.io/${name}:${version}`
  return [
    { name: 'etcd', image: 'registry.k8s.io/etcd:3.6.4-0' },
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(name => ({ name, image: image(name) })),
  ].map(container => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${container.name}-${node}`,
      namespace: 'kube-system',
      labels: { component: container.name, tier: 'control-plane' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid: node, controller: true }],
    },
    spec: { nodeName: node, hostNetwork: true, restartPolicy: 'Always', containers: [container] },
    status: { phase: 'Pending' },
  }))
}

function daemonSet(name: string, image: string): JsonObject {
  const labels = { 'k8s-app': name }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { hostNetwork: true, containers: [{ name, image }] } },
    },
  }
}

function deployment(
  namespace: string,
  name: string,
  image: string,
  replicas: number,
  labels: Record<string, string>,
): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image }] } },
    },
  }
}
