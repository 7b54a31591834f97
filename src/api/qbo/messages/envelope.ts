import type { ObjectKind, Verb } from '../grammar/vocabulary.ts'
import type { CommandWord, SubcommandWord } from './envelope.schema.ts'

const ofVerbs: Record<Verb, CommandWord> = {
  version: 'CMD_VERSION',
  get: 'CMD_GET',
  add: 'CMD_ADD',
  delete: 'CMD_DEL',
  start: 'CMD_START',
  stop: 'CMD_STOP',
}

const ofObjects: Record<ObjectKind, SubcommandWord> = {
  cluster: 'SUBCMD_CLUSTER',
  node: 'SUBCMD_NODE',
  pod: 'SUBCMD_POD',
  service: 'SUBCMD_SERVICE',
  network: 'SUBCMD_NETWORK',
  ipvs: 'SUBCMD_IPVS',
  image: 'SUBCMD_IMAGE',
  user: 'SUBCMD_USER',
  client: 'SUBCMD_CLIENT',
  all: 'SUBCMD_ALL',
  watch: 'SUBCMD_WATCH',
}

export function commandWordOf(verb: Verb): CommandWord {
  return ofVerbs[verb]
}

export function subcommandWordOf(object: ObjectKind | undefined): SubcommandWord {
  return object === undefined ? 'SUBCMD_NONE' : ofObjects[object]
}

/** The words of a command's last message. */
export const doneWords = { command: 'CMD_DONE', subcommand: 'SUBCMD_DONE', apicommand: 'APICMD_DONE' } as const
