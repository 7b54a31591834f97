import type { Sql, TransactionSql } from 'postgres'
import type { ClusterAccess } from '../../src/drivers/kubernetes/access.ts'
import type { Runtime, RuntimeObserver } from '../../src/drivers/runtime.ts'
import type { Store } from '../../src/store/postgres.ts'

/** What becomes of the call at which a process dies. */
export type Death =
  /** It was not made. */
  | 'before'
  /** It was carried out, and nobody heard the answer. */
  | 'after'
  /** It is carried out when another process is at work already: a daemon goes on without its client. */
  | 'late'

/**
 * A runtime and a store as a process sees them that dies, as by SIGKILL, at its n-th call to them: no call is made from
 * then on, no answer arrives, nothing more is observed.
 */
export interface Mortal {
  runtime: Runtime
  store: Store
  /** Resolves with the call at which it died. */
  readonly died: Promise<string>
  /** Every call so far. */
  readonly calls: string[]
  die(): void
  /** What was to be carried out late is carried out now. */
  finishLate(): Promise<void>
}

export interface MortalOptions {
  runtime: Runtime
  store: Store
  /** The number of the fatal call, from 1; never by default. */
  at?: number
  /** Whether calls to the store count, beside those to the runtime; they do by default. */
  countStore?: boolean
  death?: Death
}

export function createMortal(options: MortalOptions): Mortal {
  const { runtime, store, at = Number.POSITIVE_INFINITY, death = 'before', countStore = true } = options
  const end = new AbortController()
  const died = Promise.withResolvers<string>()
  const calls: string[] = []
  const farewells: (() => Promise<unknown>)[] = []
  let late: (() => Promise<unknown>) | undefined

  const isDead = () => end.signal.aborted
  const die = (where = 'it was told to') => {
    if (isDead()) return
    end.abort(new Error('dead'))
    died.resolve(where)
    for (const farewell of farewells) void farewell().catch(() => undefined)
  }
  const silence = () => new Promise<never>(() => undefined)

  /** Counts a call; true for the fatal one and those that would come later. */
  const isFatal = (name: string) => {
    if (isDead()) return true
    if (!countStore && storeCalls.has(name)) return false
    calls.push(name)
    return calls.length === at
  }

  async function call<T>(name: string, make: () => Promise<T>, outlivesUs = true): Promise<T> {
    if (isDead()) return silence()
    const fatal = isFatal(name)
    if (fatal && (death === 'before' || (death === 'late' && !outlivesUs))) die(name)
    else if (fatal && death === 'late') {
      late = make
      die(name)
    }
    if (isDead()) return silence()
    const answer = await make().then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    )
    if (fatal) die(name)
    if (isDead()) return silence()
    if ('error' in answer) throw answer.error
    return answer.value
  }

  /** The same object, each method a call that counts. */
  function counted<T extends object>(object: T, prefix: string, special: Partial<T> = {}): T {
    return new Proxy(object, {
      get(target, key, receiver) {
        const own = Reflect.get(special, key, receiver)
        const value = own ?? Reflect.get(target, key, receiver)
        if (own !== undefined || typeof value !== 'function') return value
        return (...parameters: unknown[]) =>
          call(`${prefix}.${String(key)}`, async () => value.apply(target, parameters))
      },
    })
  }

  const untilDead = (signal: AbortSignal) => AbortSignal.any([signal, end.signal])

  const mortalAccess = (access: ClusterAccess) =>
    counted(access, 'access', {
      watchNodes: (observer, signal) => access.watchNodes(unlessDead(observer), untilDead(signal)),
      watchPods: (observer, signal) => access.watchPods(unlessDead(observer), untilDead(signal)),
      watchServices: (observer, signal) => access.watchServices(unlessDead(observer), untilDead(signal)),
      watchEndpointSlices: (observer, signal) => access.watchEndpointSlices(unlessDead(observer), untilDead(signal)),
      close: () => access.close(),
    })

  function unlessDead<T extends object>(observer: T): T {
    return new Proxy(observer, {
      get(target, key, receiver) {
        const value = Reflect.get(target, key, receiver)
        return typeof value === 'function' ? (...told: unknown[]) => isDead() || value.apply(target, told) : value
      },
    })
  }

  const mortalRuntime: Runtime = {
    name: runtime.name,
    observe: (observer: RuntimeObserver, signal) => runtime.observe(unlessDead(observer), untilDead(signal)),
    version: () => call('version', () => runtime.version()),
    images: counted(runtime.images, 'images'),
    networks: counted(runtime.networks, 'networks'),
    nodes: counted(runtime.nodes, 'nodes'),
    bootstrap: counted(runtime.bootstrap, 'bootstrap', {
      init(cluster, signal) {
        const started = call('bootstrap.init', async () => runtime.bootstrap.init(cluster, signal))
        const part = (which: 'apiServer' | 'done') => {
          const promise = started.then(init => orSilence(init[which]))
          promise.catch(() => undefined)
          return promise
        }
        return { apiServer: part('apiServer'), done: part('done') }
      },
      forget: id => runtime.bootstrap.forget(id),
      access: async node => mortalAccess(await call('bootstrap.access', () => runtime.bootstrap.access(node))),
    }),
  }

  function orSilence<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        value => isDead() || resolve(value),
        error => isDead() || reject(error),
      )
    })
  }

  const mortalStore: Store = {
    ...store,
    ping: () => (isDead() ? silence() : store.ping()),
    sql: mortalSql(store.sql),
    transaction: work =>
      call(
        'transaction',
        () =>
          store.transaction(sql =>
            work(
              new Proxy(sql, {
                apply(target, self, parameters) {
                  // The connection of a dead process is closed, and its transaction rolled back.
                  if (isTemplate(parameters) && isFatal('statement')) {
                    die('statement')
                    throw new Error('dead')
                  }
                  return Reflect.apply(target, self, parameters)
                },
              }) satisfies TransactionSql,
            ),
          ),
        false,
      ),
  }

  function mortalSql(sql: Sql): Sql {
    return new Proxy(sql, {
      apply(target, self, parameters) {
        if (!isTemplate(parameters)) return Reflect.apply(target, self, parameters)
        if (isFatal('sql')) {
          die('sql')
          return silence()
        }
        return answersTo(Reflect.apply(target, self, parameters), orSilence)
      },
      get(target, key, receiver) {
        if (key !== 'listen') return Reflect.get(target, key, receiver)
        return async (...parameters: Parameters<Sql['listen']>) => {
          const [channel, onNotify, onListen] = parameters
          const listening = await target.listen(
            channel,
            value => isDead() || onNotify(value),
            () => isDead() || onListen?.(),
          )
          farewells.push(listening.unlisten)
          if (isDead()) await listening.unlisten()
          return listening
        }
      },
    })
  }

  return {
    runtime: mortalRuntime,
    store: mortalStore,
    died: died.promise,
    calls,
    die,
    async finishLate() {
      await late?.().catch(() => undefined)
    },
  }
}

const storeCalls = new Set(['sql', 'statement', 'transaction'])

function isTemplate([first]: unknown[]): boolean {
  return Array.isArray(first) && 'raw' in first
}

/** A query of postgres.js, the answer to which passes through a filter; a fragment stays what it is. */
function answersTo<Q>(query: Q, filter: <T>(promise: Promise<T>) => Promise<T>): Q {
  if (!(query instanceof Promise)) return query
  const { then } = query
  Object.defineProperty(query, 'then', {
    value(onValue: never, onError: never) {
      return filter(new Promise((resolve, reject) => then.call(query, resolve, reject))).then(onValue, onError)
    },
  })
  return query
}
