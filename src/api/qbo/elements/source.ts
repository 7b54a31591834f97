import type { MirrorObject, Table, Viewer, WatchFormat } from '../../../engine/mirror/mirror.ts'
import type { SubcommandWord } from '../messages/envelope.schema.ts'
import type { Kind } from '../messages/messages.ts'
import { changeText } from '../messages/voice.ts'
import { follow } from './follow.ts'

/** Which objects a command is about: all that may be seen, one's own, or those that words name. */
export type Selection = 'all' | 'own' | { words: readonly string[] }

/** A table of the mirror as QBO shows it. */
export interface Source {
  readonly key: Kind
  readonly subcommand: SubcommandWord
  /** The elements there are, as JSON texts separated by commas, and the version to watch from to miss nothing. */
  list(viewer: Viewer, selection: Selection): { elements: string; resourceVersion: string }
  /**
   * Every later change, as `changeText` makes it: the same bytes for everybody who watches. Ends with the signal;
   * `onLost` is called when it ends for any other reason.
   */
  watch(of: {
    viewer: Viewer
    selection: Selection
    resourceVersion: string
    signal: AbortSignal
    onChange(change: Buffer): void
    onLost(): void
  }): void
}

export interface SourceOptions<T extends MirrorObject> {
  key: Kind
  subcommand: SubcommandWord
  table: Table<T>
  /** An object's elements; `gone` on one that is no more. None: it is not shown. */
  elements(object: Readonly<T>, gone: boolean): object[]
  /** What the object is called, or what it belongs to. */
  names(object: Readonly<T>): readonly string[]
  /** Ids of the object or of what it belongs to; their beginnings count too. */
  ids(object: Readonly<T>): readonly string[]
  stamp(): number
}

const nothing = Buffer.alloc(0)

export function createSource<T extends MirrorObject>(options: SourceOptions<T>): Source {
  const { key, subcommand, table, stamp } = options
  const textOf = (object: Readonly<T>, gone: boolean) =>
    options
      .elements(object, gone)
      .map(element => JSON.stringify(element))
      .join(',')
  const shown = new Map<string, string>()
  follow(table, ({ type, object }) => {
    if (type === 'DELETED') shown.delete(object.id)
    else shown.set(object.id, textOf(object, false))
  })
  const format: WatchFormat<T> = {
    name: `qbo ${key}`,
    encode: event => {
      if (event.type === 'BOOKMARK' || event.type === 'ERROR') return nothing
      const elements = textOf(event.object, event.type === 'DELETED')
      // The table's object has more to it than is shown here.
      const same = event.type === 'MODIFIED' && shown.get(event.object.id) === elements
      return same || elements === '' ? nothing : changeText(key, elements, stamp())
    },
  }

  function filterOf(viewer: Viewer, selection: Selection): ((object: Readonly<T>) => boolean) | undefined {
    if (selection === 'all') return undefined
    if (selection === 'own') return object => object.owner === viewer.name
    return object => selection.words.some(word => isNamed(word, options.names(object), options.ids(object)))
  }

  return {
    key,
    subcommand,
    list(viewer, selection) {
      const { items, resourceVersion } = table.list({ viewer, filter: filterOf(viewer, selection) })
      const elements = items.map(object => textOf(object, false)).filter(text => text !== '')
      return { elements: elements.join(','), resourceVersion }
    },
    watch({ viewer, selection, resourceVersion, signal, onChange, onLost }) {
      table.watch({ viewer, filter: filterOf(viewer, selection), resourceVersion, signal, format }).pipe({
        write: change => {
          if (change.length > 0) onChange(change)
          return true
        },
        end: reason => {
          if (reason !== 'closed') onLost()
        },
      })
    },
  }
}

const shortId = /^[0-9a-f]{8}[0-9a-f-]*$/

/** Whether a word is one of the names, or an id or its beginning of at least eight digits. */
export function isNamed(word: string, names: readonly string[], ids: readonly string[]): boolean {
  return names.includes(word) || (shortId.test(word) && ids.some(id => id.startsWith(word)))
}
