/** A Kubernetes version as node images and kubeadm write it. */
export interface KubernetesVersion {
  /** `v1.34.4`. */
  text: string
  minor: number
}

/** Reads `/kind/version` of a node image. Throws where it holds something else. */
export function parseVersion(text: string): KubernetesVersion {
  const match = /^v1\.(\d+)\.\d+\S*$/.exec(text.trim())
  if (!match) throw new Error(`not a Kubernetes version: ${JSON.stringify(text.slice(0, 80))}`)
  return { text: match[0], minor: Number(match[1]) }
}
