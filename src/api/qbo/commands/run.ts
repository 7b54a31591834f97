import { GatewayError } from '../../../errors.ts'
import type { Command } from '../grammar/command.ts'
import { addClusters, addNodes, changeClusters, changeNodes } from './act.ts'
import { get } from './get.ts'
import { addNetworks, deleteNetworks, getNetworks } from './networks.ts'
import { images, kubeconfig, stopWatches, version } from './show.ts'
import type { Task } from './task.ts'
import { addUser, deleteUsers, getUsers } from './users.ts'

type Run = (task: Task) => Promise<void>

const runs: Record<string, Run> = {
  version,
  'get image': images,
  'get network': getNetworks,
  'get user': getUsers,
  'add network': addNetworks,
  'add user': addUser,
  'delete network': deleteNetworks,
  'delete user': deleteUsers,
  'add cluster': addClusters,
  'add node': addNodes,
  'delete cluster': task => changeClusters(task, 'remove'),
  'delete node': task => changeNodes(task, 'remove'),
  'start cluster': task => changeClusters(task, 'start'),
  'start node': task => changeNodes(task, 'start'),
  'stop cluster': task => changeClusters(task, 'stop'),
  'stop node': task => changeNodes(task, 'stop'),
  'stop watch': stopWatches,
}

/** Carries out a command; resolves when it has ended. Errors: those of the engine. */
export async function run(task: Task): Promise<void> {
  const { command, principal } = task
  if (isForAdmins(command) && !principal.admin) throw new GatewayError('Forbidden', 'only admins may do this')
  return chosen(command)(task)
}

function chosen({ verb, object, flags }: Command): Run {
  if (flags.has('kubeconfig')) return kubeconfig
  const found = runs[object === undefined ? verb : `${verb} ${object}`]
  if (found) return found
  if (verb === 'get') return get
  throw new GatewayError('Unavailable', `${verb} ${object} cannot be done here`)
}

function isForAdmins({ spec, flags }: Command): boolean {
  return (
    spec.admin === true ||
    spec.options.some(option => option.kind === 'flag' && option.admin === true && flags.has(option.name))
  )
}
