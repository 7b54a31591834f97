import { GatewayError } from '../../errors.ts'

/** Resources that have instances. */
export const kinds = ['config', 'environment', 'system'] as const
export type Kind = (typeof kinds)[number]

export const refTypes = ['id', 'tag', 'branch'] as const
export type RefType = (typeof refTypes)[number]

/** Names an instance of a resource: its head (the latest), an id, a tag or a branch. `ref` is empty for the head. */
export interface Key {
  name: string
  type: RefType | 'head'
  ref: string
}

const patterns = {
  /** A resource; KubeFox: libs/core/utils/regexp.go. */
  name: /^[a-z0-9][a-z0-9-]{0,28}[a-z0-9]$/,
  /** A tag or a branch. */
  ref: /^[a-z0-9][a-z0-9.-]{0,28}[a-z0-9]$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  /** A Git hash, short or whole: the original took 7 digits only. */
  gitHash: /^([0-9a-f]{7}|[0-9a-f]{40})$/,
}

export const namePattern = patterns.name.source
export const refPattern = patterns.ref.source
export const gitHashPattern = patterns.gitHash.source

export function isName(text: string): boolean {
  return patterns.name.test(text)
}

export function isRefName(text: string): boolean {
  return patterns.ref.test(text)
}

export function isGitHash(text: string): boolean {
  return patterns.gitHash.test(text)
}

/** Whether a text can be the id of an instance of this kind. */
export function isId(kind: Kind, text: string): boolean {
  return kind === 'system' ? isGitHash(text) : patterns.uuid.test(text)
}

/** What tells an id from all others of its resource: of a Git hash, its first seven digits. */
export function shortOf(kind: Kind, id: string): string {
  return kind === 'system' ? id.slice(0, 7) : id
}

const refTypeWords: Record<string, RefType> = {
  id: 'id',
  ids: 'id',
  tag: 'tag',
  tags: 'tag',
  branch: 'branch',
  branches: 'branch',
}

/** `tag` for `tags` and `TAG`; undefined for what is no kind of ref. */
export function refTypeOf(word: string): RefType | undefined {
  const lower = word.toLowerCase()
  return Object.hasOwn(refTypeWords, lower) ? refTypeWords[lower] : undefined
}

/** The refs that instances of a kind can have. */
export function hasRefType(kind: Kind, type: RefType): boolean {
  return type !== 'branch' || kind === 'system'
}

/** Reads `dev`, `dev/tag/v1.0`, `demo/branch/main`, `demo/id/a909eca`; undefined for what is no key of that kind. */
export function parseKey(kind: Kind, text: string): Key | undefined {
  const [name = '', word, ref, ...rest] = text.split('/')
  if (!isName(name) || rest.length > 0) return undefined
  if (word === undefined) return { name, type: 'head', ref: '' }
  const type = refTypeOf(word)
  if (type === undefined || ref === undefined || !hasRefType(kind, type)) return undefined
  return (type === 'id' ? isId(kind, ref) : isRefName(ref)) ? { name, type, ref } : undefined
}

export function keyText({ name, type, ref }: Key): string {
  return type === 'head' ? name : `${name}/${type}/${ref}`
}

/** The path of an instance, `config/dev/tag/v1.0`: what messages call it. */
export function pathOf(kind: Kind, key: Key): string {
  return `${kind}/${keyText(key)}`
}

/** Throws InvalidRequest for a text that is no key; the words are those of the original. */
export function requireKey(kind: Kind, text: string): Key {
  const key = parseKey(kind, text)
  if (!key) throw new GatewayError('InvalidRequest', `invalid uri: ${kind}/${text.slice(0, 128)}`)
  return key
}

/** Throws InvalidRequest for a text that cannot be an id of an instance. */
export function requireId(kind: Kind, text: string): string {
  if (isId(kind, text)) return text
  const should = kind === 'system' ? 'a Git hash of 7 or 40 hexadecimal digits' : 'UUID type'
  throw new GatewayError('InvalidRequest', `invalid uri: invalid Id id ${text.slice(0, 64)}, should be ${should}`)
}

export function notFound(path: string): GatewayError {
  return new GatewayError('NotFound', `${path} not found`)
}

export function exists(path: string): GatewayError {
  return new GatewayError('AlreadyExists', `${path} exists`)
}

/** What something else requires cannot go. */
export function inUse(path: string, by: string): GatewayError {
  return new GatewayError('InUse', `cannot delete ${path}: ${by} requires ${path}`)
}
