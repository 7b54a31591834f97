import type { CliDocument, User } from '../../../engine/users/schema.ts'
import { GatewayError } from '../../../errors.ts'
import { elementOfUser, namesOfUser } from '../elements/people.ts'
import { isNamed } from '../elements/source.ts'
import { get } from './get.ts'
import type { Task } from './task.ts'

/** The service account that a client's configuration is of. */
const cliAccount = 'qbo-cli'
/** How the tokens of `get user -l` begin. */
const localPrefix = 'qbo-cli-'
/** How many of these a user has at most. */
const mostLocal = 8

/** Users; one that is named comes with the configuration by which a client can be that user. */
export async function getUsers(task: Task): Promise<void> {
  const { command, principal, voice, reply } = task
  if (command.flags.has('local')) return localConfiguration(task)
  if (command.flags.has('watch') || command.flags.has('all')) return get(task)
  const names = [...command.names, ...(command.values.email === undefined ? [] : [command.values.email])]
  const users = names.length > 0 ? usersNamed(task, names) : usersNamed(task, [principal.name])
  const elements = await Promise.all(
    users.map(async user => ({
      ...elementOfUser(user, false),
      self: user.name === principal.name ? 1 : 0,
      ...(names.length > 0 ? { cli: { exp: 0, conf: await configurationOf(task, user.name) } } : {}),
    })),
  )
  reply(voice.say('users', elements.map(element => JSON.stringify(element)).join(',')))
}

export async function addUser({ engine, principal, command }: Task): Promise<void> {
  for (const name of command.names) await engine.users.create(principal, { name, admin: command.flags.has('admin') })
}

export async function deleteUsers(task: Task): Promise<void> {
  const { engine, principal, command } = task
  for (const word of command.names) {
    const [user] = usersNamed(task, [word])
    if (!user) throw new GatewayError('NotFound', `there is no user ${JSON.stringify(word)}`)
    await engine.users.remove(principal, user.name)
  }
}

function usersNamed({ engine, principal }: Task, words: string[]): readonly Readonly<User>[] {
  return engine.tables.users.list({
    viewer: principal,
    filter: user => words.some(word => isNamed(word, namesOfUser(user), [user.id])),
  }).items
}

/** The user's service account for clients; made when there is none. */
async function configurationOf({ engine, principal, reached }: Task, user: string): Promise<CliDocument> {
  const { serviceAccounts } = engine.users
  const kept = () => serviceAccounts.document(principal, user, cliAccount, reached)
  try {
    return await kept()
  } catch (error) {
    if (!isA(error, 'NotFound')) throw error
  }
  try {
    return (await serviceAccounts.create(principal, user, { name: cliAccount }, reached)).cli
  } catch (error) {
    if (!isA(error, 'AlreadyExists')) throw error
    return kept()
  }
}

/**
 * A web token for a client on this machine, valid for hours. A token is known only when it is made, so each client gets
 * its own; of those before, the newest few go on.
 */
async function localConfiguration({ engine, principal, reached, commandId, voice, reply }: Task): Promise<void> {
  const { tokens } = engine.users
  const { id, token } = await tokens.create(principal, principal.name, {
    name: `${localPrefix}${commandId.slice(0, 8)}`,
    kind: 'web',
  })
  reply(voice.say('cli', JSON.stringify({ qbo_port: reached.port, qbo_host: reached.host, qbo_uid: token })))
  const earlier = (await tokens.list(principal, principal.name))
    .filter(each => each.kind === 'web' && each.name.startsWith(localPrefix) && each.id !== id)
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  for (const { id: old } of earlier.slice(mostLocal - 1)) {
    await tokens.revoke(principal, principal.name, old).catch((error: unknown) => {
      if (!isA(error, 'NotFound')) throw error
    })
  }
}

function isA(error: unknown, code: GatewayError['code']): boolean {
  return error instanceof GatewayError && error.code === code
}
