import { type ComponentRef, serviceNames } from './components.ts'
import { labels, type Unit, unitLabels } from './names.ts'
import type { CompiledRoutes } from './routes/compile.ts'
import type { IngressRule } from './routes/ingress.ts'

/** A Kubernetes object, as much of it as telling one from another takes. */
export interface KubernetesManifest extends Record<string, unknown> {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels: Record<string, string> } & Record<string, unknown>
}

/** What components of a release run in. */
export interface Surroundings {
  variables: Record<string, string>
  secrets: Record<string, string>
  /** Tells this content from any other; at most 63 characters. */
  revision: string
}

export interface UnitContent {
  unit: Unit
  namespace: string
  components: ComponentRef[]
  /** `.dockerconfigjson`; undefined where images need no credential. */
  pullSecret?: string | undefined
  /** Of a release. */
  release?: { surroundings: Surroundings; routes: Map<string, CompiledRoutes>; kubernetesVersion: string | null }
}

const names = { pullSecret: 'image-pull', variables: 'environment', secrets: 'secrets' }
/** Where a component listens, unless the environment's variable PORT says otherwise. */
export const defaultPort = 8080
const servicePort = 80
/** Room for a CronJob's pods: their names are made of its own. */
const mostSchedules = 100

/** The objects of a unit. Everything is built here; of what a caller sent only names, images and values are in it. */
export function objectsOf(content: UnitContent): KubernetesManifest[] {
  const { unit, namespace, components, pullSecret, release } = content
  const common = unitLabels(unit)
  const namespaced = (name: string, own: Record<string, string> = {}) => ({
    name,
    namespace,
    labels: { ...common, ...own },
  })
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: common } },
    ...(pullSecret === undefined
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: namespaced(names.pullSecret),
            type: 'kubernetes.io/dockerconfigjson',
            data: { '.dockerconfigjson': Buffer.from(pullSecret).toString('base64') },
          },
        ]),
    ...(release ? surroundingObjects(release.surroundings, namespaced) : []),
    ...components.map(component => deploymentOf(component, content, namespaced)),
    ...(release ? servingObjects(content, release, namespaced) : []),
  ]
}

type Namespaced = (name: string, own?: Record<string, string>) => KubernetesManifest['metadata']

function surroundingObjects({ variables, secrets }: Surroundings, namespaced: Namespaced): KubernetesManifest[] {
  const encoded = Object.entries(secrets).map(([name, value]) => [name, Buffer.from(value).toString('base64')])
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: namespaced(names.variables), data: variables },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: namespaced(names.secrets),
      type: 'Opaque',
      data: Object.fromEntries(encoded),
    },
  ]
}

function identity({ name, hash }: ComponentRef): Record<string, string> {
  return { [labels.component]: name, [labels.hash]: hash }
}

function deploymentOf(component: ComponentRef, content: UnitContent, namespaced: Namespaced): KubernetesManifest {
  const identifying = identity(component)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: namespaced(component.key, identifying),
    spec: {
      replicas: 1,
      selector: { matchLabels: identifying },
      template: podTemplate(component, content, {}),
    },
  }
}

function podTemplate(component: ComponentRef, content: UnitContent, spec: Record<string, unknown>) {
  const { unit, pullSecret, release } = content
  const port = portOf(release?.surroundings)
  return {
    metadata: {
      labels: {
        ...unitLabels(unit),
        ...identity(component),
        ...(release ? { [labels.revision]: release.surroundings.revision } : {}),
      },
    },
    spec: {
      ...spec,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: names.pullSecret }] }),
      containers: [
        {
          name: component.name,
          image: component.image,
          env: [{ name: 'PORT', value: String(port) }],
          ...(release
            ? { envFrom: [{ configMapRef: { name: names.variables } }, { secretRef: { name: names.secrets } }] }
            : {}),
          ports: [{ name: 'http', containerPort: port }],
        },
      ],
    },
  }
}

function portOf(surroundings: Surroundings | undefined): number {
  const port = Number(surroundings?.variables.PORT)
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : defaultPort
}

function servingObjects(
  content: UnitContent,
  release: NonNullable<UnitContent['release']>,
  namespaced: Namespaced,
): KubernetesManifest[] {
  const services = serviceNames(content.components)
  return content.components.flatMap(component => {
    const service = services.get(component.key) ?? component.key
    const { rules = [], schedules = [] } = release.routes.get(component.key) ?? {}
    return [
      serviceOf(component, service, namespaced),
      ...(rules.length > 0 ? [ingressOf(component, service, rules, namespaced)] : []),
      ...schedules
        .slice(0, mostSchedules)
        .map((schedule, index) => cronJobOf({ component, content, schedule, index, ...release }, namespaced)),
    ]
  })
}

/** By the component's name alone where that is enough: while it moves to another commit, either version answers. */
function serviceOf(component: ComponentRef, name: string, namespaced: Namespaced): KubernetesManifest {
  const selector = name === component.name ? { [labels.component]: component.name } : identity(component)
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: namespaced(name, identity(component)),
    spec: { selector, ports: [{ name: 'http', port: servicePort, targetPort: 'http' }] },
  }
}

function ingressOf(
  component: ComponentRef,
  service: string,
  rules: IngressRule[],
  namespaced: Namespaced,
): KubernetesManifest {
  const backend = { service: { name: service, port: { number: servicePort } } }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: namespaced(service, identity(component)),
    spec: {
      rules: [...Map.groupBy(rules, rule => rule.host)].map(([host, own]) => ({
        ...(host === null ? {} : { host }),
        http: { paths: own.map(({ path, pathType }) => ({ path, pathType, backend })) },
      })),
    },
  }
}

function cronJobOf(
  of: {
    component: ComponentRef
    content: UnitContent
    schedule: string
    index: number
    kubernetesVersion: string | null
  },
  namespaced: Namespaced,
): KubernetesManifest {
  const { component, content, schedule, index, kubernetesVersion } = of
  const template = podTemplate(component, content, { restartPolicy: 'Never' })
  // A job's pods are not the component that its Service leads to.
  const podLabels = unitLabels(content.unit)
  return {
    apiVersion: cronApiVersion(kubernetesVersion),
    kind: 'CronJob',
    metadata: namespaced(`${component.key}-${index}`, identity(component)),
    spec: {
      schedule,
      concurrencyPolicy: 'Replace',
      jobTemplate: { spec: { backoffLimit: 2, template: { ...template, metadata: { labels: podLabels } } } },
    },
  }
}

/** `batch/v1` has CronJobs from Kubernetes 1.21 on. */
export function cronApiVersion(kubernetesVersion: string | null): string {
  const minor = Number(/^v1\.(\d+)\./.exec(kubernetesVersion ?? '')?.[1] ?? Number.POSITIVE_INFINITY)
  return minor >= 21 ? 'batch/v1' : 'batch/v1beta1'
}

/** The kinds that a unit's namespace may hold of ours; what is there and not wanted goes. */
export function prunedKinds(kubernetesVersion: string | null): { apiVersion: string; kind: string }[] {
  return [
    { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
    { apiVersion: cronApiVersion(kubernetesVersion), kind: 'CronJob' },
    { apiVersion: 'v1', kind: 'Service' },
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { apiVersion: 'v1', kind: 'ConfigMap' },
    { apiVersion: 'v1', kind: 'Secret' },
  ]
}
