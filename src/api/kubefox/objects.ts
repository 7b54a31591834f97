import type { Kind } from '../../engine/refs/names.ts'
import type { Bodies, ObjectMetadata } from '../../engine/refs/schema.ts'
import {
  apiVersion,
  configSchema,
  environmentSchema,
  metadataBodySchema,
  systemSchema,
} from '../../engine/refs/schema.ts'
import { GatewayError } from '../../errors.ts'
import { jsonBody, textBody } from './bodies.ts'
import { decoderOf, withKind } from './decode.ts'
import type { Envelope } from './envelope.ts'
import { nothingHere } from './errors.ts'
import { auditReveal, type Call, created, done, got, type Handlers, listed } from './handlers.ts'

const kindWords = { config: 'Config', environment: 'Environment', system: 'System', platform: 'Platform' } as const

/** Configs, environments and systems. */
export function objectHandlers(): Pick<Handlers, 'resources' | 'resource' | 'metadata' | 'refs' | 'ref'> {
  const decoders: { [K in Kind]: (value: unknown) => Bodies[K] } = {
    config: decoderOf(configSchema),
    environment: decoderOf(environmentSchema),
    system: decoderOf(systemSchema),
  }
  const decodeMetadata = metadataDecoder()

  async function create<K extends Kind>(call: Call<'resource'>, kind: K): Promise<Envelope> {
    const { engine, principal, target, request } = call
    const body = withKind(decoders[kind](jsonBody(request)))
    const { id, text } = await engine.refs.create(principal, kind, target.name, body)
    return created(`${target.text}/id/${id}`, text)
  }

  async function setMetadata(call: Call<'metadata'>, how: 'put' | 'patch'): Promise<Envelope> {
    const { engine, principal, target, request } = call
    const { kind, name } = target
    const metadata = decodeMetadata(jsonBody(request))
    if (isOther(metadata, name)) return invalidName(target.text)
    await engine.refs.setMetadata({ principal, kind, name, metadata, how })
    return done(call, how === 'put' ? 'put' : 'patched')
  }

  return {
    resources: {
      GET: async call => listed(call, await call.engine.refs.names(call.principal, call.target.kind)),
    },
    resource: {
      GET: async call => got(call, await instanceText(call, { name: call.target.name, type: 'head', ref: '' })),
      POST: call => (call.query.has('gitRepo') ? createFromGit(call) : create(call, call.target.kind)),
      async DELETE(call) {
        const { kind, name } = call.target
        await call.engine.refs.remove({ principal: call.principal, kind, name })
        return done(call, 'deleted')
      },
    },
    metadata: {
      async GET(call) {
        const { kind, name } = call.target
        const metadata = await call.engine.refs.metadata(call.principal, kind, name)
        return got(call, metadataText(kind, metadata))
      },
      PUT: call => setMetadata(call, 'put'),
      PATCH: call => setMetadata(call, 'patch'),
    },
    refs: {
      GET: async call => listed(call, await call.engine.refs.refs(call.principal, call.target)),
    },
    ref: {
      GET: async call => got(call, await instanceText(call, call.target)),
      POST: call => (call.target.type === 'tag' ? tag(call) : refuse()),
      PUT: call => (call.target.type === 'tag' ? tag(call) : moveBranch(call)),
      async DELETE(call) {
        const { kind, name, type, ref } = call.target
        if (type === 'id') throw new GatewayError('InvalidRequest', 'cannot delete ref of type Id')
        await call.engine.refs.removeRef({ principal: call.principal, kind, name, type, ref })
        return done(call, 'deleted')
      },
    },
  }
}

async function createFromGit(call: Call<'resource'>): Promise<Envelope> {
  const { engine, principal, target, query } = call
  if (target.kind !== 'system') throw new GatewayError('InvalidRequest', 'only systems are read from Git')
  const ref = query.get('ref')
  if (!ref) throw new GatewayError('InvalidRequest', 'ref is missing: a branch, tag or commit of gitRepo')
  const source = { gitRepo: query.get('gitRepo') ?? '', ref }
  const { id, text } = await engine.refs.createFromGit(principal, target.name, source, call.signal())
  return created(`${target.text}/id/${id}`, text)
}

/** The instance as the query wants it: a config with its secrets, an environment with what it inherits. */
async function instanceText(
  call: Call<'resource' | 'ref'>,
  { name, type, ref }: { name: string; type: 'head' | 'id' | 'tag' | 'branch'; ref: string },
): Promise<string> {
  const { engine, principal, query, target } = call
  const key = { name, type, ref }
  if (flag(query, 'reveal') && target.kind === 'config') {
    const text = await engine.refs.reveal(principal, key)
    auditReveal(call)
    return text
  }
  if (flag(query, 'effective') && target.kind === 'environment') return engine.refs.effective(principal, key)
  return engine.refs.get(principal, target.kind, key)
}

/** A query parameter that is true or false. Throws InvalidRequest. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  if (value === null || value === 'false') return false
  if (value === 'true' || value === '') return true
  throw new GatewayError('InvalidRequest', `${name} must be true or false`)
}

async function tag(call: Call<'ref'>): Promise<Envelope> {
  const { engine, principal, target, request } = call
  const { kind, name, ref } = target
  const how = await engine.refs.tag({ principal, kind, name, tag: ref, id: textBody(request) })
  return how === 'created' ? created(target.text) : done(call, 'put')
}

async function moveBranch(call: Call<'ref'>): Promise<Envelope> {
  const { engine, principal, target, request } = call
  if (target.type !== 'branch') return refuse()
  await engine.refs.moveBranch({ principal, name: target.name, branch: target.ref, id: textBody(request) })
  return done(call, 'put')
}

function refuse(): never {
  throw nothingHere()
}

/** Metadata comes in the shape of its object. */
export function metadataDecoder(): (value: unknown) => ObjectMetadata {
  const decode = decoderOf(metadataBodySchema)
  return value => withKind(decode(value)).metadata ?? {}
}

export function isOther({ name }: ObjectMetadata, expected: string): boolean {
  return name !== undefined && name !== '' && name !== expected
}

export function invalidName(path: string): Envelope {
  return { status: 400, msg: `${path} is invalid`, validationErrors: {} }
}

export function metadataText(kind: keyof typeof kindWords, metadata: ObjectMetadata): string {
  return JSON.stringify({ kind: kindWords[kind], apiVersion, metadata })
}
