import { deploymentPath, releasePath, type Unit } from '../../engine/platforms/names.ts'
import {
  hasRefType,
  isId,
  isName,
  isRefName,
  type Key,
  type Kind,
  parseKey,
  type RefType,
  refTypeOf,
} from '../../engine/refs/names.ts'
import { pathOf } from '../http/urls.ts'

export const prefix = '/api/kubefox/v0'

/** What paths name, by the sort of place. */
interface Places {
  ping: object
  platforms: object
  resources: { kind: Kind }
  resource: { kind: Kind; name: string }
  metadata: { kind: Kind; name: string }
  refs: { kind: Kind; name: string; type: RefType }
  ref: { kind: Kind; name: string; type: RefType; ref: string }
  platform: { name: string }
  platformMetadata: { name: string }
  deployments: { name: string }
  deployment: { name: string; system: Key }
  releases: { name: string }
  release: { unit: Unit }
}

export type Place = keyof Places

/** What a path names; `text` is what messages call it: canonical words, no prefix. */
export type Target<At extends Place = Place> = { [P in At]: { at: P; text: string } & Places[P] }[At]

const kindWords: Record<string, Kind | 'platform'> = {
  config: 'config',
  configs: 'config',
  conf: 'config',
  environment: 'environment',
  environments: 'environment',
  env: 'environment',
  system: 'system',
  systems: 'system',
  sys: 'system',
  platform: 'platform',
  platforms: 'platform',
  plat: 'platform',
}

const subWords: Record<string, 'metadata' | 'deployment' | 'release'> = {
  metadata: 'metadata',
  deployment: 'deployment',
  deployments: 'deployment',
  release: 'release',
  releases: 'release',
}

/** The kind that a word stands for, whatever its case: `env`, `Systems`. */
export function kindOf(word: string): Kind | 'platform' | undefined {
  const lower = word.toLowerCase()
  return Object.hasOwn(kindWords, lower) ? kindWords[lower] : undefined
}

/** What request targets name that were asked for lately: clients ask for the same ones again and again. */
const known = new Map<string, Target>()
const mostKnown = 1000

/** What the path of a request target names; undefined for what is no path of this API, or has a name that none can have. */
export function targetOf(url: string): Target | undefined {
  const before = known.get(url)
  if (before) return before
  const target = readTarget(url)
  if (target) {
    if (known.size >= mostKnown) known.clear()
    known.set(url, Object.freeze(target))
  }
  return target
}

function readTarget(url: string): Target | undefined {
  const path = pathOf(url)
  if (!path.startsWith(`${prefix}/`)) return undefined
  const segments = path
    .slice(prefix.length + 1)
    .replace(/\/$/, '')
    .split('/')
    .map(decoded)
  const [word = '', ...rest] = segments
  if (word === 'ping' && rest.length === 0) return { at: 'ping', text: 'ping' }
  const kind = kindOf(word)
  if (kind === undefined) return undefined
  return kind === 'platform' ? platformTarget(rest) : objectTarget(kind, rest)
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}

function objectTarget(kind: Kind, [name, sub, ref, ...more]: string[]): Target | undefined {
  if (name === undefined) return { at: 'resources', text: kind, kind }
  if (!isName(name) || more.length > 0) return undefined
  const text = `${kind}/${name}`
  if (sub === undefined) return { at: 'resource', text, kind, name }
  if (subOf(sub) === 'metadata')
    return ref === undefined ? { at: 'metadata', text: `${text}/metadata`, kind, name } : undefined
  const type = refTypeOf(sub)
  if (type === undefined || !hasRefType(kind, type)) return undefined
  if (ref === undefined) return { at: 'refs', text: `${text}/${type}`, kind, name, type }
  const valid = type === 'id' ? isId(kind, ref) : isRefName(ref)
  return valid ? { at: 'ref', text: `${text}/${type}/${ref}`, kind, name, type, ref } : undefined
}

function platformTarget([name, sub, ...rest]: string[]): Target | undefined {
  if (name === undefined) return { at: 'platforms', text: 'platform' }
  if (!isName(name)) return undefined
  const text = `platform/${name}`
  if (sub === undefined) return { at: 'platform', text, name }
  switch (subOf(sub)) {
    case 'metadata':
      return rest.length === 0 ? { at: 'platformMetadata', text: `${text}/metadata`, name } : undefined
    case 'deployment': {
      if (rest.length === 0) return { at: 'deployments', text: `${text}/deployment`, name }
      const system = parseKey('system', rest.join('/'))
      return system && { at: 'deployment', text: deploymentPath(name, system), name, system }
    }
    case 'release': {
      if (rest.length === 0) return { at: 'releases', text: `${text}/release`, name }
      const [system = '', environment = '', ...more] = rest
      const unit = { platform: name, system, environment }
      const valid = isName(system) && isName(environment) && more.length === 0
      return valid ? { at: 'release', text: releasePath(unit), unit } : undefined
    }
    default:
      return undefined
  }
}

function subOf(word: string): 'metadata' | 'deployment' | 'release' | undefined {
  const lower = word.toLowerCase()
  return Object.hasOwn(subWords, lower) ? subWords[lower] : undefined
}
