import { createHash } from 'node:crypto'
import { type Key, keyText } from '../refs/names.ts'

/** What is made real together, in one namespace: a system's deployments on a platform, or its release there. */
export interface Unit {
  platform: string
  system: string
  /** Null: the deployments. */
  environment: string | null
}

/** The text that stands for a unit in the work queue. */
export function unitKey({ platform, system, environment }: Unit): string {
  return [platform, system, ...(environment === null ? [] : [environment])].join('/')
}

export function unitOf(key: string): Unit {
  const [platform = '', system = '', environment = null] = key.split('/')
  return { platform, system, environment }
}

export function deploymentPath(platform: string, system: Key): string {
  return `platform/${platform}/deployment/${keyText(system)}`
}

export function releasePath({ platform, system, environment }: Unit): string {
  return `platform/${platform}/release/${system}/${environment}`
}

const longest = 63

/** The namespace of a unit: `kfs-{platform}-{system}` or `kfr-{system}-{environment}`, cut where Kubernetes needs it. */
export function namespaceOf({ platform, system, environment }: Unit): string {
  const name = environment === null ? `kfs-${platform}-${system}` : `kfr-${system}-${environment}`
  if (name.length <= longest) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.slice(0, longest - 9)}-${hash}`
}

/** Labels of what the gateway makes for a unit, beside `app.kubernetes.io/managed-by`. */
export const labels = {
  managedBy: 'app.kubernetes.io/managed-by',
  platform: 'kubefox.kindgate.io/platform',
  system: 'kubefox.kindgate.io/system',
  environment: 'kubefox.kindgate.io/environment',
  component: 'kubefox.kindgate.io/component',
  hash: 'kubefox.kindgate.io/hash',
  /** Tells pods of an environment as it is now from those of one that was. */
  revision: 'kubefox.kindgate.io/revision',
} as const

export function unitLabels({ platform, system, environment }: Unit): Record<string, string> {
  return {
    [labels.managedBy]: 'kindgate',
    [labels.platform]: platform,
    [labels.system]: system,
    ...(environment === null ? {} : { [labels.environment]: environment }),
  }
}

/** The unit that something in a cluster carries the labels of. */
export function unitOfLabels(own: Record<string, string>): Unit | undefined {
  const { [labels.platform]: platform, [labels.system]: system, [labels.environment]: environment = null } = own
  return platform === undefined || system === undefined ? undefined : { platform, system, environment }
}
