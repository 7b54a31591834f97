import { deploymentSchema, platformPatchSchema, platformSchema, releaseSchema } from '../../engine/platforms/schema.ts'
import { jsonBody } from './bodies.ts'
import { decoderOf, withKind } from './decode.ts'
import type { Envelope } from './envelope.ts'
import { auditReveal, type Call, created, done, got, type Handlers, listed } from './handlers.ts'
import { flag, invalidName, isOther, metadataDecoder, metadataText } from './objects.ts'

/** Platforms, deployments and releases. */
export function platformHandlers(): Omit<Handlers, 'resources' | 'resource' | 'metadata' | 'refs' | 'ref' | 'ping'> {
  const decodePlatform = decoderOf(platformSchema)
  const decodePatch = decoderOf(platformPatchSchema)
  const decodeDeployment = decoderOf(deploymentSchema)
  const decodeRelease = decoderOf(releaseSchema)
  const decodeMetadata = metadataDecoder()

  async function setMetadata(call: Call<'platformMetadata'>, how: 'put' | 'patch'): Promise<Envelope> {
    const { engine, principal, target, request } = call
    const metadata = decodeMetadata(jsonBody(request))
    if (isOther(metadata, target.name)) return invalidName(target.text)
    await engine.platforms.setMetadata(principal, target.name, metadata, how)
    return done(call, how === 'put' ? 'put' : 'patched')
  }

  return {
    platforms: {
      GET: async call => listed(call, await call.engine.platforms.names(call.principal)),
    },
    platform: {
      async GET(call) {
        const reveal = flag(call.query, 'reveal')
        const platform = await call.engine.platforms.get(call.principal, call.target.name, { reveal })
        if (reveal) auditReveal(call)
        return got(call, JSON.stringify(platform))
      },
      async PUT(call) {
        const body = withKind(decodePlatform(jsonBody(call.request)))
        await call.engine.platforms.put(call.principal, call.target.name, body)
        return done(call, 'put')
      },
      async PATCH(call) {
        const body = withKind(decodePatch(jsonBody(call.request)))
        await call.engine.platforms.patch(call.principal, call.target.name, body)
        return done(call, 'patched')
      },
      async DELETE(call) {
        await call.engine.platforms.remove(call.principal, call.target.name)
        return done(call, 'deleted')
      },
    },
    platformMetadata: {
      async GET(call) {
        const metadata = await call.engine.platforms.metadata(call.principal, call.target.name)
        return got(call, metadataText('platform', metadata))
      },
      PUT: call => setMetadata(call, 'put'),
      PATCH: call => setMetadata(call, 'patch'),
    },
    deployments: {
      GET: async call => listed(call, await call.engine.platforms.deployments(call.principal, call.target.name)),
      async POST({ engine, principal, target, request }) {
        const body = withKind(decodeDeployment(jsonBody(request)))
        return created(target.text, JSON.stringify(await engine.platforms.deploy(principal, target.name, body)))
      },
    },
    deployment: {
      GET: call =>
        got(
          call,
          JSON.stringify(call.engine.platforms.deployment(call.principal, call.target.name, call.target.system)),
        ),
      async DELETE(call) {
        await call.engine.platforms.removeDeployment(call.principal, call.target.name, call.target.system)
        return done(call, 'deleted')
      },
    },
    releases: {
      GET: async call => listed(call, await call.engine.platforms.releases(call.principal, call.target.name)),
      async POST({ engine, principal, target, request }) {
        const body = withKind(decodeRelease(jsonBody(request)))
        return created(target.text, JSON.stringify(await engine.platforms.release(principal, target.name, body)))
      },
    },
    release: {
      GET: call => got(call, JSON.stringify(call.engine.platforms.releaseOf(call.principal, call.target.unit))),
      async DELETE(call) {
        await call.engine.platforms.removeRelease(call.principal, call.target.unit)
        return done(call, 'deleted')
      },
    },
  }
}
