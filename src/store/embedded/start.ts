import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { StoreError } from '../error.ts'
import { codeOf } from '../unavailable.ts'
import { type DataOptions, resetPassword } from './data.ts'
import { own } from './identity.ts'
import { connectKeeper, type Keeper, KeptByOther } from './keeper.ts'
import { freePort, type Launched, launch } from './launch.ts'
import { findServer, isServer, terminate } from './process.ts'

/** A server that this gateway keeps. */
export interface Running {
  pid: number
  port: number
  keeper: Keeper
  adopted: boolean
}

export interface StarterOptions extends DataOptions {
  urlOf(port: number): string
  clock: Clock
  /** Ends every wait. */
  signal: AbortSignal
  log: Log
}

/** Recovery after a crash may have much to write. */
const startLimit = 120_000
const adoptLimit = 10_000
/** A gateway that was killed is gone from the server at once, its lock too. */
const otherLimit = 2000

/** The ways to a server that runs. Each leaves none behind when it rejects, except one that another gateway keeps. */
export function createStarter(options: StarterOptions) {
  const { places, identity, urlOf, clock, signal, log } = options
  const { data } = places

  const stop = (pid: number) => terminate(pid, { data, clock, log })

  /** Tries to connect until it works, until `alive` says no, or until the time is up; then rejects with the last error. */
  const keep = async (port: number, { alive, limit }: { alive: () => boolean; limit: number }): Promise<Keeper> => {
    for (const begun = clock.now(); ; await clock.sleep(10, signal)) {
      try {
        return await connectKeeper(urlOf(port))
      } catch (error) {
        const waited = clock.now() - begun
        if (error instanceof KeptByOther && waited >= otherLimit)
          throw new StoreError(`another gateway uses ${places.root}: stop it, or set DATA_DIR to another folder`)
        if (isRefused(error) || !alive() || waited >= limit) throw error
      }
    }
  }

  /** Takes over a server that a gateway before left behind; one that cannot be used is stopped. */
  const adopt = async ({ pid, port }: { pid: number; port: number }, wanted = port): Promise<Running | undefined> => {
    try {
      const keeper = await keep(port, { alive: () => isServer(pid, data), limit: adoptLimit })
      if (port === wanted) return { pid, port, keeper, adopted: true }
      await keeper.close()
    } catch (error) {
      if (error instanceof StoreError || signal.aborted) throw error
      log.warn({ pid, reason: messageOf(error) }, 'an embedded Postgres that was left behind does not answer')
    }
    await stop(pid)
    return undefined
  }

  const ready = async ({ pid, ended }: Launched, port: number): Promise<Running> => {
    let output: string | undefined
    const end = ended.then(text => {
      output = text
    })
    try {
      const keeper = await keep(port, { alive: () => output === undefined, limit: startLimit })
      return { pid, port, keeper, adopted: false }
    } catch (error) {
      if (output !== undefined) throw new StoreError(`the embedded Postgres does not start: ${output}`)
      if (error instanceof StoreError) throw error
      await stop(pid)
      await end
      if (!isRefused(error)) throw error
      log.warn('the database has another password than its file; setting it anew')
      await resetPassword(options)
      return ready(await launch({ ...options, port }), port)
    }
  }

  return {
    /** Takes over the server that runs or starts one, on a port or else on whichever is free. */
    async open(port?: number): Promise<Running> {
      for (const begun = clock.now(); ; await clock.sleep(100, signal)) {
        const found = await findServer(data)
        const adopted = found?.running ? await adopt(found, port) : undefined
        if (adopted) return adopted
        await own(data, identity)
        const chosen = port ?? (await freePort())
        try {
          return await ready(await launch({ ...options, port: chosen, stalePid: found?.pid }), chosen)
        } catch (error) {
          // Something took the port, or processes of a server that was killed have not ended yet.
          const passing = /Address already in use|shared memory block|postmaster\.pid/.test(messageOf(error))
          if (!passing || clock.now() - begun >= adoptLimit) throw error
        }
      }
    },
    /** Connects again to a server that still runs. */
    async rejoin(server: Running): Promise<Running> {
      const alive = () => isServer(server.pid, data)
      return { ...server, keeper: await keep(server.port, { alive, limit: adoptLimit }) }
    },
  }
}

/** The server answers, and does not take the password. */
function isRefused(error: unknown): boolean {
  return codeOf(error)?.startsWith('28') ?? false
}
