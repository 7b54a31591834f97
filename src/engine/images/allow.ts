import { GatewayError } from '../../errors.ts'

/** `docker.io/` and `hub.docker.com/` stand for what a bare name means. */
export function canonicalImage(reference: string): string {
  return reference
    .replace(/^(https?:\/\/)?(docker\.io|index\.docker\.io|hub\.docker\.com)\/(r\/)?/, '')
    .replace(/^library\//, '')
}

/** A list of patterns, comma-separated, `*` standing for any characters. */
export function parseAllowList(setting: string): string[] {
  return setting
    .split(',')
    .map(pattern => canonicalImage(pattern.trim()))
    .filter(pattern => pattern !== '')
}

// repository[:tag][@digest], as in the distribution project's reference grammar, without a host of its own to guess.
const grammar =
  /^[a-z0-9]+([._-]+[a-z0-9]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/i

/** Throws InvalidRequest for what is no reference, ImageNotAllowed for one that no pattern allows. */
export function requireAllowed(reference: string, patterns: string[]): string {
  const name = canonicalImage(reference)
  if (!grammar.test(name))
    throw new GatewayError('InvalidRequest', `${JSON.stringify(reference)} is not an image reference`, {
      faults: [{ where: '/body/image', what: 'must be an image reference, repository[:tag][@digest]' }],
    })
  if (!isAllowed(name, patterns))
    throw new GatewayError(
      'ImageNotAllowed',
      `the image ${name} is not among those that the setting NODE_IMAGES allows`,
      { extra: { setting: 'NODE_IMAGES', allowed: patterns } },
    )
  return name
}

/** The repositories that the patterns name in full, with a pattern for their tags: `kindest/node` of `kindest/node:*`. */
export function fixedRepositories(patterns: string[]): string[] {
  const repositories = patterns.map(pattern => /^([^*@]+):[^/@]+$/.exec(pattern)?.[1])
  return [...new Set(repositories.filter(repository => repository !== undefined))]
}

export function isAllowed(name: string, patterns: string[]): boolean {
  return patterns.some(pattern => new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`, 's').test(name))
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
