import { type Static, Type } from '@sinclair/typebox'
import { clusterName } from '../clusters/schema.ts'
import { apiVersion, objectMetadataSchema } from '../refs/schema.ts'
import { closed, nullable } from '../schema.ts'

const optionalText = (description: string, examples: unknown[] = []) =>
  Type.Optional(Type.String({ description, examples }))

const given = {
  id: optionalText('Set by the server'),
  kind: optionalText('Filled in where it is missing'),
  apiVersion: optionalText('Filled in where it is missing', [apiVersion]),
  status: Type.Optional(Type.Object({}, { description: 'Ignored: what the server has to say' })),
}

const platformSystemSchema = closed({
  imagePullSecret: Type.Optional(
    Type.String({
      description:
        "base64 of `user:password` for the registry of the system's images; encrypted at rest, comes back as `[redacted]`, which leaves it as it is",
    }),
  ),
})

const platformFields = {
  ...given,
  metadata: Type.Optional(objectMetadataSchema),
  message: optionalText(''),
  cluster: Type.Optional(
    nullable(clusterName, "The cluster it deploys to; null: that of the gateway's setting KUBEFOX_CLUSTER"),
  ),
}

export const platformSchema = closed(
  { ...platformFields, systems: Type.Optional(Type.Record(Type.String(), platformSystemSchema)) },
  {
    $id: 'KubeFoxPlatform',
    title: 'KubeFoxPlatform',
    description: 'Where systems are deployed, and which may be',
    examples: [{ cluster: 'alex', systems: { demo: { imagePullSecret: 'a3ViZWZveDp0b2tlbg==' } } }],
  },
)
export type PlatformBody = Static<typeof platformSchema>

/** As in a JSON merge patch (RFC 7396): null removes a system, those not named stay. */
export const platformPatchSchema = closed(
  {
    ...platformFields,
    systems: Type.Optional(Type.Record(Type.String(), Type.Union([platformSystemSchema, Type.Null()]))),
  },
  {
    $id: 'KubeFoxPlatformPatch',
    title: 'KubeFoxPlatformPatch',
    description: 'Changes of a platform: a system that is null is removed, those not named stay',
    examples: [{ systems: { demo: { imagePullSecret: 'a3ViZWZveDp0b2tlbg==' } } }, { systems: { demo: null } }],
  },
)
export type PlatformPatch = Static<typeof platformPatchSchema>

export const deploymentSchema = closed(
  {
    ...given,
    message: optionalText('What it is for'),
    system: optionalText('A registered system', ['demo/tag/v0.1.0']),
  },
  {
    $id: 'KubeFoxDeployment',
    title: 'KubeFoxDeployment',
    description: 'Components of a system on a platform',
    examples: [{ system: 'demo/tag/v0.1.0' }],
  },
)
export type DeploymentBody = Static<typeof deploymentSchema>

export const releaseSchema = closed(
  {
    ...given,
    message: optionalText('What it is for'),
    system: optionalText('A system, named as it was deployed', ['demo/tag/v0.1.0']),
    environment: optionalText('The environment it runs in', ['dev/tag/v1.0']),
  },
  {
    $id: 'KubeFoxRelease',
    title: 'KubeFoxRelease',
    description: 'A deployed system that runs in an environment',
    examples: [{ system: 'demo/tag/v0.1.0', environment: 'dev/tag/v1.0' }],
  },
)
export type ReleaseBody = Static<typeof releaseSchema>

export const platformSchemas = [platformSchema, platformPatchSchema, deploymentSchema, releaseSchema]
