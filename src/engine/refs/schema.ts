import { type Static, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { closed, metadataSchema, nullable, ownerField, simulatedField, uuid } from '../schema.ts'

export const apiVersion = 'admin.kubefox.io/v1alpha1'

const optionalText = (description: string, examples: unknown[] = []) =>
  Type.Optional(Type.String({ description, examples }))

/** The words of a component's type (KubeFox: libs/core/api/common). */
export const componentTypes = ['graphql', 'http', 'kubefox', 'k8s', 'kv', 'object'] as const
export const variableTypes = ['array', 'boolean', 'number', 'string'] as const
export const routeTypes = ['controller', 'cron', 'http'] as const

export const varSchema = Type.Union(
  [Type.Boolean(), Type.Number(), Type.String(), Type.Array(Type.Number()), Type.Array(Type.String())],
  {
    title: 'KubeFoxVar',
    description: 'A boolean, number, string, or an array of numbers or strings',
  },
)
export type Var = Static<typeof varSchema>

const varsSchema = Type.Optional(Type.Record(Type.String(), varSchema, { examples: [{ who: 'John' }] }))

export const objectMetadataSchema = closed(
  {
    name: optionalText('The name in the path', ['dev']),
    title: Type.Optional(Type.String({ maxLength: 1024, examples: ['Development'] })),
    description: Type.Optional(Type.String({ maxLength: 8192 })),
  },
  { title: 'KubeFoxMetadata', description: 'About all instances of a resource' },
)
export type ObjectMetadata = Static<typeof objectMetadataSchema>

const base = {
  id: optionalText('Set by the server'),
  kind: optionalText('The kind; filled in where it is missing', ['Config']),
  apiVersion: optionalText('Filled in where it is missing', [apiVersion]),
  metadata: Type.Optional(objectMetadataSchema),
  message: optionalText('What the instance is for'),
  status: Type.Optional(Type.Object({}, { description: 'Ignored: what the server has to say' })),
}

function object<T extends TProperties>(name: string, description: string, properties: T, example: object) {
  const $id = `KubeFox${name}`
  return closed({ ...base, ...properties }, { $id, title: $id, description, examples: [example] })
}

export const configSchema = object(
  'Config',
  'Secrets, and the configuration of components. Secrets are encrypted at rest and come back as `[redacted]`.',
  {
    secrets: varsSchema,
    components: Type.Optional(
      Type.Record(
        Type.String(),
        closed({ type: Type.Optional(Type.String({ examples: ['graphql'] })), vars: varsSchema }),
      ),
    ),
  },
  {
    secrets: { password: 'sshhhh' },
    components: { db: { type: 'graphql', vars: { url: 'https://dev.graphql.local/', user: 'dev' } } },
  },
)
export type ConfigBody = Static<typeof configSchema>

export const environmentSchema = object(
  'Environment',
  'A named set of variables',
  {
    inherits: optionalText('An environment whose variables these are laid over', ['base/tag/v1']),
    config: optionalText('The config whose secrets components get', ['dev/tag/v1.0']),
    vars: varsSchema,
    app: Type.Optional(closed({ vars: varsSchema })),
    route: Type.Optional(closed({ vars: varsSchema })),
  },
  { metadata: { name: 'dev', title: 'Development' }, config: 'dev/tag/v1.0', vars: { who: 'John' } },
)
export type EnvironmentBody = Static<typeof environmentSchema>

const anyObject = (description: string) => Type.Optional(Type.Object({}, { description, additionalProperties: true }))

export const routeSchema = closed({
  type: optionalText('controller, cron or http', ['http']),
  priority: Type.Optional(Type.Integer()),
  match: optionalText('Of http routes: Path, PathPrefix, Host with && and ||', ['Path(`/hello`)']),
  schedule: optionalText("Of cron routes: as in Kubernetes' CronJobs", ['*/5 * * * *']),
  compositeController: anyObject('Of controller routes; kept, not carried out'),
  decoratorController: anyObject('Of controller routes; kept, not carried out'),
})
export type Route = Static<typeof routeSchema>

const componentSchema = closed({
  type: optionalText('graphql, http, kubefox, k8s, kv or object', ['kubefox']),
  gitHash: optionalText('The commit that changed it last', ['a909eca']),
  image: optionalText('An image whose tag has seven characters', ['ghcr.io/acme/demo/hello:a909eca']),
  name: optionalText('Normally absent: the key is the name'),
  routes: Type.Optional(Type.Array(routeSchema)),
})
export type Component = Static<typeof componentSchema>

export const appSchema = closed({
  gitHash: optionalText('The commit that changed it last', ['a909eca']),
  title: optionalText('In words', ['Hello World']),
  description: optionalText('What it is for'),
  vars: Type.Optional(
    closed({
      properties: Type.Optional(
        Type.Record(
          Type.String(),
          closed({
            type: optionalText('array, boolean, number or string'),
            title: optionalText(''),
            description: optionalText(''),
          }),
        ),
      ),
      required: Type.Optional(Type.Array(Type.String())),
    }),
  ),
  components: Type.Optional(Type.Record(Type.String(), componentSchema)),
})
export type App = Static<typeof appSchema>

export const systemSchema = object(
  'System',
  'Applications, components and routes at a Git commit, whose hash is the id',
  {
    gitRepo: optionalText('Where the source is', ['https://github.com/acme/demo.git']),
    gitHash: optionalText('The commit, 7 or 40 hexadecimal digits', ['a909eca']),
    gitRef: optionalText('What the commit was reached by', ['branch/main']),
    apps: Type.Optional(Type.Record(Type.String(), appSchema)),
  },
  {
    gitRepo: 'https://github.com/acme/demo.git',
    gitHash: 'a909eca',
    gitRef: 'branch/main',
    apps: {
      'hello-world': {
        gitHash: 'a909eca',
        title: 'Hello World',
        components: {
          hello: {
            type: 'kubefox',
            gitHash: 'a909eca',
            image: 'ghcr.io/acme/demo/hello:a909eca',
            routes: [{ type: 'http', match: 'Path(`/hello`)' }],
          },
          world: { type: 'kubefox', gitHash: 'a909eca', image: 'ghcr.io/acme/demo/world:a909eca' },
        },
      },
    },
  },
)
export type SystemBody = Static<typeof systemSchema>

/** A body of each kind. */
export interface Bodies {
  config: ConfigBody
  environment: EnvironmentBody
  system: SystemBody
}

/** Any of them: what a kind does not have is absent. */
export type AnyBody = ConfigBody & EnvironmentBody & SystemBody

export const metadataBodySchema = object(
  'MetadataBody',
  'Metadata, in the shape of its object',
  {},
  { metadata: { name: 'dev', title: 'Development', description: 'Where we try things' } },
)
export type MetadataBody = Static<typeof metadataBodySchema>

const readySchema = closed({ ready: Type.Boolean() })

export const liveKinds = ['config', 'environment', 'system', 'deployment', 'release'] as const

/** What the mirror shows of the five kinds. */
export const refSchema = closed(
  {
    id: uuid("The resource's id, not that of an instance"),
    name: Type.String({
      description:
        'Its path: `config/dev`, `platform/kubefox/deployment/demo/tag/v1.0`, `platform/kubefox/release/demo/dev`',
      examples: ['platform/kubefox/release/demo/dev'],
    }),
    kind: Type.Union(liveKinds.map(kind => Type.Literal(kind))),
    owner: ownerField,
    title: nullable(Type.String(), 'From its metadata'),
    description: nullable(Type.String(), 'From its metadata'),
    head: nullable(
      Type.String({ examples: ['a909eca'] }),
      'The id of the latest instance of a config, environment or system',
    ),
    platform: nullable(Type.String({ examples: ['kubefox'] }), 'Of a deployment or release'),
    system: nullable(
      Type.String({ examples: ['demo/branch/main'] }),
      'The system of a deployment or release, as it was named',
    ),
    systemId: nullable(Type.String({ examples: ['a909eca'] }), 'The instance that this led to'),
    environment: nullable(Type.String({ examples: ['dev/tag/v1.0'] }), 'The environment of a release, as it was named'),
    environmentId: nullable(Type.String(), 'The instance that this led to'),
    cluster: nullable(Type.String({ examples: ['alex'] }), 'Where a deployment or release is'),
    namespace: nullable(Type.String({ examples: ['kfr-demo-dev'] }), 'Its namespace there'),
    ready: nullable(Type.Boolean(), 'Whether all components of a deployment or release are'),
    components: nullable(Type.Record(Type.String(), readySchema), 'Each by `{name}-{hash}`'),
    message: Type.String({ description: 'Why it is not ready, or does not follow its branch' }),
    simulated: simulatedField,
    metadata: metadataSchema,
  },
  { $id: 'Ref', title: 'Ref', description: 'A config, environment, system, deployment or release of the KubeFox API' },
)
export type Ref = Static<typeof refSchema>

/** Schemas that have a name of their own. */
export const namedSchemas: TSchema[] = [configSchema, environmentSchema, systemSchema, metadataBodySchema]
