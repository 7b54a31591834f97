import { parseAllDocuments, stringify } from 'yaml'
import type { NodeShell } from '../docker/shell.ts'
import { RuntimeError } from '../runtime.ts'
import { podSubnet } from './kubeadm.ts'

export interface Addons {
  network: string
  /** Undefined in an image that brings none. */
  storage: string | undefined
}

const templateMark = 'would you kindly template this file'
const patchMark = 'would you kindly patch this file'

/** The manifests that a node image brings, completed as kind does (kind: create/actions/installcni, installstorage). */
export async function readAddons(shell: Pick<NodeShell, 'read'>, controlPlane: string): Promise<Addons> {
  const [network, storage] = await Promise.all([
    shell.read(controlPlane, '/kind/manifests/default-cni.yaml'),
    shell.read(controlPlane, '/kind/manifests/default-storage.yaml'),
  ])
  if (network === undefined)
    throw new RuntimeError('BootstrapFailed', 'the node image holds no /kind/manifests/default-cni.yaml')
  return { network: completeNetwork(network, controlPlane), storage }
}

/** Fills in the pod subnet, and tells the network plugin where the control plane is, as far as the file asks for it. */
export function completeNetwork(manifest: string, controlPlane: string): string {
  const templated = manifest.includes(templateMark)
    ? manifest.replaceAll(/\{\{\s*\.PodSubnet\s*\}\}/g, podSubnet)
    : manifest
  return manifest.includes(patchMark) ? withControlPlane(templated, `${controlPlane}:6443`) : templated
}

// kubectl reads YAML 1.1, in which 0644 is octal.
const yamlVersion = { version: '1.1' } as const

/** The plugin's first container gets CONTROL_PLANE_ENDPOINT, so that it need not wait for kube-proxy. */
function withControlPlane(manifest: string, endpoint: string): string {
  const documents = parseAllDocuments(manifest, yamlVersion).filter(document => document.contents !== null)
  for (const document of documents) {
    if (document.get('kind') !== 'DaemonSet') continue
    const env = ['spec', 'template', 'spec', 'containers', 0, 'env']
    if (!document.hasIn(env)) document.setIn(env, document.createNode([]))
    document.addIn(env, document.createNode({ name: 'CONTROL_PLANE_ENDPOINT', value: endpoint }))
  }
  return documents.map(document => stringify(document, yamlVersion)).join('---\n')
}
