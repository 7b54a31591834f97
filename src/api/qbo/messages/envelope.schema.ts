import { type TSchema, Type } from '@sinclair/typebox'
import { closed, uuid } from '../../../engine/schema.ts'

/** Values of `command`: what the message's command is; `CMD_DONE` on its last message. */
export const commandWords = [
  'CMD_VERSION',
  'CMD_GET',
  'CMD_ADD',
  'CMD_DEL',
  'CMD_START',
  'CMD_STOP',

  'CMD_DONE',
] as const
export type CommandWord = (typeof commandWords)[number]

/** Values of `subcommand`: what the command is about. */
export const subcommandWords = [
  'SUBCMD_CLUSTER',
  'SUBCMD_NODE',
  'SUBCMD_POD',
  'SUBCMD_SERVICE',
  'SUBCMD_NETWORK',
  'SUBCMD_IPVS',
  'SUBCMD_IMAGE',
  'SUBCMD_USER',
  'SUBCMD_CLIENT',
  'SUBCMD_ALL',
  'SUBCMD_WATCH',
  'SUBCMD_NONE',
  'SUBCMD_DONE',
] as const
export type SubcommandWord = (typeof subcommandWords)[number]

export const apicommandWords = ['APICMD_NONE', 'APICMD_REGISTRY_AUTH', 'APICMD_DONE'] as const
export type ApicommandWord = (typeof apicommandWords)[number]

const oneOf = <T extends readonly string[]>(words: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words], description })

/** What every message carries beside its data, in the order in which it is sent. */
export const envelope = {
  timestamp: Type.Integer({ description: 'Microseconds since the epoch', examples: [1686713251461070] }),
  status: Type.String({ description: 'The reason phrase of `code`', examples: ['OK'] }),
  code: Type.Integer({
    minimum: 200,
    maximum: 599,
    description:
      'As in HTTP: 202 accepted, 201 thread started, 200 data or the end, 4xx and 5xx the end of what failed',
  }),
  command_id: uuid('New for every command'),
  command_line: Type.String({ description: 'The command with `qbo` before it', examples: ['qbo get nodes -A'] }),
  command: oneOf(commandWords, '`CMD_DONE`: nothing more comes of this command'),
  subcommand: oneOf(subcommandWords, 'What the command is about'),
  apicommand: oneOf(apicommandWords, 'What was asked of others for it'),
  callback: Type.Optional(Type.String({ description: 'On the last message of a command; empty' })),
  uuid: uuid("The request's uuid; of zeros where it had none"),
  user: Type.String({ description: 'Whose command it is' }),
  agent: Type.String({ description: 'The gateway', examples: ['qbo-thread/kindgate-0.1.0'] }),
  peer: Type.String({ description: 'Where the command came from', examples: ['127.0.0.1'] }),
  host: Type.String({ description: 'The name by which the gateway was reached', examples: ['localhost'] }),
  source: Type.String({ description: 'Opaque', examples: ['qbo'] }),
  wsi: Type.String({ description: 'Opaque, one for each connection', examples: ['0x55f86dc40840'] }),
  thread_id: Type.Integer({ description: 'Opaque, one for each thread of a command', examples: [140279387227904] }),
  vhost: Type.String({ description: 'Opaque', examples: ['proxy'] }),
}

/** A message: its data key first, then the envelope. */
export function messageSchema(key: string, item: TSchema, of: { $id: string; description: string }) {
  return closed({ [key]: Type.Array(item), ...envelope }, { title: of.$id, ...of })
}
