import type { Static } from '@sinclair/typebox'
import type { Engine } from '../../../engine/api.ts'
import type { Client } from '../../../engine/clients/schema.ts'
import type { User } from '../../../engine/users/schema.ts'
import type { clientElement, userElement } from '../messages/elements.schema.ts'
import { threadIdOf, wsiOf } from '../messages/opaque.ts'
import { createSource, type Source } from './source.ts'

type UserElement = Static<typeof userElement>

/** `self` is left at 0: a change is shown to everybody in the same bytes. */
export function elementOfUser(user: Readonly<User>, gone: boolean): UserElement {
  return {
    name: user.name,
    uuid: user.id,
    self: 0,
    picture: '',
    email: user.email ?? user.name,
    type: user.admin ? 1 : 0,
    status: user.disabled ? 0 : 1,
    id: user.id,
    shell: '',
    ...(gone ? { state: 'deleted' } : {}),
  }
}

export function userSource({ users }: Pick<Engine['tables'], 'users'>, stamp: () => number): Source {
  return createSource<User>({
    key: 'users',
    subcommand: 'SUBCMD_USER',
    table: users,
    stamp,
    elements: (user, gone) => [elementOfUser(user, gone)],
    names: namesOfUser,
    ids: user => [user.id],
  })
}

/** A user goes by name or address of e-mail. */
export function namesOfUser({ name, email }: Readonly<User>): string[] {
  return email === null ? [name] : [name, email]
}

export function clientSource({ clients }: Pick<Engine['tables'], 'clients'>, stamp: () => number): Source {
  return createSource<Client>({
    key: 'clients',
    subcommand: 'SUBCMD_CLIENT',
    table: clients,
    stamp,
    elements: (client, gone) => [
      {
        timestamp: Date.parse(client.metadata.createdAt ?? '') * 1000,
        user: client.owner ?? '',
        mirror: client.mirror,
        control: 0,
        address: client.address,
        agent: client.agent,
        command: client.command,
        command_id: client.commandId ?? '',
        process_id: 0,
        thread_id: client.commandId === null ? 0 : threadIdOf(client.commandId, 0),
        wsi: wsiOf(client.id),
        wss_over_h2: 0,
        host: client.host,
        ...(gone ? { state: 'deleted' } : {}),
      } satisfies Static<typeof clientElement>,
    ],
    names: client => (client.owner === null ? [] : [client.owner]),
    ids: client => [client.id, client.mirror],
  })
}
