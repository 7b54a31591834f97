import type { Selection, Source } from '../elements/source.ts'
import type { ObjectKind } from '../grammar/vocabulary.ts'
import type { Task } from './task.ts'

/** What `get all` shows, in this order. */
const all: ObjectKind[] = ['cluster', 'node', 'pod', 'service', 'network', 'ipvs']

/** Shows the lists; with `-w`, then every change until the task is told to stop. */
export async function get(task: Task): Promise<void> {
  const { command, sources } = task
  const kinds = command.object === 'all' ? all : command.object === undefined ? [] : [command.object]
  for (const [index, source] of kinds.flatMap(kind => sources[kind] ?? []).entries()) show(task, source, index > 0)
  if (command.flags.has('watch')) await over(task.signal)
}

function show(task: Task, source: Source, further: boolean): void {
  const { principal: viewer, command, signal } = task
  const selection = selectionOf(task)
  const voice = further ? task.fork() : task.voice
  const { elements, resourceVersion } = source.list(viewer, selection)
  task.reply(voice.say(source.key, elements))
  if (!command.flags.has('watch')) return
  source.watch({
    viewer,
    selection,
    resourceVersion,
    signal,
    onChange: change => task.reply(voice.pass(change)),
    onLost: task.lost,
  })
}

/** With `-A` all that may be seen, else what the names say; without both one's own. */
export function selectionOf({ command }: Pick<Task, 'command'>): Selection {
  if (command.flags.has('all')) return 'all'
  return command.names.length > 0 ? { words: command.names } : 'own'
}

function over(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
