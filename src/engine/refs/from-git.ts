import { type TSchema, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { parse } from 'yaml'
import { GitError, type GitReader, type Tree } from '../../drivers/git/repository.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import type { Principal } from '../accounts/principal.ts'
import { closed } from '../schema.ts'
import type { Created, RefWrites } from './commands.ts'
import { type App, appSchema, type Component, routeSchema, type SystemBody } from './schema.ts'

export interface GitSystems {
  /**
   * Reads a system from a repository and adds it as an instance, whose id is the commit. Errors: Forbidden (the operator
   * does not allow the repository), InvalidRequest (it cannot be read, or is no KubeFox repository), and those of `create`.
   */
  createFromGit(
    principal: Principal,
    name: string,
    source: { gitRepo: string; ref: string },
    signal: AbortSignal,
  ): Promise<Created>
}

/** `apps/{app}/app.yaml`. */
const appFile = closed({
  title: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  vars: Type.Optional(appSchema.properties.vars),
  components: Type.Optional(
    Type.Record(
      Type.String(),
      closed({
        type: Type.String(),
        image: Type.Optional(Type.String()),
        routes: Type.Optional(Type.Array(routeSchema)),
      }),
    ),
  ),
})

/** `system.yaml`, which a repository may have. */
const systemFile = closed({ registry: Type.Optional(Type.String()) })

export function createGitSystems(options: {
  git: GitReader
  /** URLs that may be read, each with all that is below it. */
  allowed: string[]
  create: RefWrites['create']
}): GitSystems {
  const { git, allowed, create } = options
  const apps = readerOf(appFile)
  const systems = readerOf(systemFile)

  async function describe(name: string, gitRepo: string, tree: Tree): Promise<SystemBody> {
    const { registry } = tree.files.includes('system.yaml')
      ? systems(await tree.read('system.yaml'), 'system.yaml')
      : {}
    const body: SystemBody = { gitRepo, gitHash: tree.commit, gitRef: tree.ref, apps: {} }
    const prefix = `${registry ?? registryOf(gitRepo)}/${name}`
    for (const file of tree.files) {
      const app = /^apps\/([^/]+)\/app\.yaml$/.exec(file)?.[1]
      if (app === undefined || !body.apps) continue
      const { components = {}, ...rest } = apps(await tree.read(file), file)
      body.apps[app] = { gitHash: await hashOf(tree, `apps/${app}`), ...rest, components: {} }
      await addComponents(tree, body.apps[app], components, prefix)
    }
    if (Object.keys(body.apps ?? {}).length === 0) throw new GitError('it has no apps/{app}/app.yaml')
    return body
  }

  return {
    async createFromGit(principal, name, { gitRepo, ref }, signal) {
      const url = requireAllowed(gitRepo, allowed)
      const body = await git
        .withTree({ url, ref }, signal, tree => describe(name, url, tree))
        .catch(error => {
          if (!(error instanceof GitError)) throw error
          throw new GatewayError('InvalidRequest', `cannot read ${ref.slice(0, 64)} of ${url}: ${error.message}`)
        })
      return create(principal, 'system', name, body)
    },
  }
}

async function addComponents(
  tree: Tree,
  app: App,
  components: Record<string, Pick<Component, 'type' | 'image' | 'routes'>>,
  prefix: string,
): Promise<void> {
  for (const [component, { image, ...rest }] of Object.entries(components)) {
    const folder = `components/${component}`
    if (!tree.files.some(file => file.startsWith(`${folder}/`))) throw new GitError(`there is no ${folder}`)
    const gitHash = await hashOf(tree, folder)
    app.components = {
      ...app.components,
      [component]: { ...rest, gitHash, image: `${image ?? `${prefix}/${component}`}:${gitHash}` },
    }
  }
}

/** As the fox CLI has it: the first seven digits of the last commit that changed something there. */
async function hashOf(tree: Tree, place: string): Promise<string> {
  return ((await tree.lastChange(place)) ?? tree.commit).slice(0, 7)
}

/** Where the fox CLI puts images of a repository: GitHub's registry for GitHub, else the repository's own host. */
function registryOf(gitRepo: string): string {
  const { host, pathname } = new URL(gitRepo)
  const organisation = pathname.split('/')[1] ?? ''
  return host === '' ? 'localhost' : `${host === 'github.com' ? 'ghcr.io' : host}/${organisation}`
}

/** A URL that may be read, as the URL parser has it. Throws InvalidRequest, Forbidden. */
function requireAllowed(gitRepo: string, allowed: string[]): string {
  const url = URL.parse(gitRepo)
  const plain = url && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (!plain || !['https:', 'file:'].includes(url.protocol) || /[%\\\s]/.test(gitRepo))
    throw new GatewayError(
      'InvalidRequest',
      'gitRepo must be an https:// or file:// URL without credentials, query and escapes',
    )
  const isBelow = (prefix: string) =>
    url.href === prefix || url.href.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
  if (allowed.some(isBelow)) return url.href
  throw new GatewayError('Forbidden', `the setting KUBEFOX_GIT_ALLOWED does not have ${url.href.slice(0, 256)}`, {
    extra: { setting: 'KUBEFOX_GIT_ALLOWED' },
  })
}

/** Reads a YAML file that must be as the schema says. */
function readerOf<T extends TSchema>(schema: T) {
  const check = TypeCompiler.Compile(schema)
  return (text: string, file: string) => {
    const value = read(text, file)
    if (check.Check(value)) return value
    const fault = check.Errors(value).First()
    throw new GitError(`${file}: ${fault?.path ?? ''} ${fault?.message ?? 'does not fit'}`)
  }
}

function read(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: 16 }) ?? {}
  } catch (error) {
    throw new GitError(`${file}: ${messageOf(error).split('\n')[0]}`)
  }
}
