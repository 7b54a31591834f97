import { type Clock, systemClock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { findBinaries } from './embedded/binaries.ts'
import { database, initialise, makeRoot, placesIn, readPassword, user } from './embedded/data.ts'
import { chooseIdentity } from './embedded/identity.ts'
import { isServer, terminate } from './embedded/process.ts'
import { createStarter, type Running } from './embedded/start.ts'

export interface EmbeddedOptions {
  /** Folder for all the server keeps; made where it is not there. */
  dataDir: string
  log: Log
  clock?: Clock
  /** Whether user namespaces may be used to run as root. */
  namespaces?: boolean
}

export interface EmbeddedPostgres {
  /** With the password. Stays valid until `stop`, whatever happens to the server in between. */
  url: string
  /** Ends sessions and the server, also one that was taken over. */
  stop(): Promise<void>
}

const longestPause = 10_000
const steady = 60_000

/**
 * Starts a Postgres server from npm's binaries with its data under `<dataDir>/postgres`, or takes over the one that a
 * killed gateway left running. It listens on a port of 127.0.0.1. When it ends by itself it is started again on that
 * port. Rejects with StoreError when there is no server for this platform, when nobody may run it, and when another
 * gateway uses the folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, clock = systemClock, namespaces = true } = options
  const begun = clock.now()
  const places = placesIn(dataDir)
  const binaries = await findBinaries()
  await makeRoot(places)
  const identity = await chooseIdentity({ program: binaries.postgres, folder: places.root, namespaces })
  const password = await readPassword(places)
  const made = await initialise({ places, binaries, identity, password })

  const urlOf = (port: number) => `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
  const stopping = new AbortController()
  const { signal } = stopping
  const starter = createStarter({ places, binaries, identity, password, urlOf, clock, signal, log })
  let server = await starter.open()
  const { port } = server
  log.info(
    {
      serverPid: server.pid,
      port,
      made,
      adopted: server.adopted,
      identity: identity.description,
      ms: clock.now() - begun,
    },
    'embedded Postgres runs',
  )

  /** Connects to the server again, or starts it again. Rejects once `stop` is called. */
  const revive = async (failures: number): Promise<Running> => {
    for (let failed = failures; ; failed++) {
      if (failed > 0) await clock.sleep(Math.min(100 * 2 ** failed, longestPause), signal)
      try {
        return isServer(server.pid, places.data) ? await starter.rejoin(server) : await starter.open(port)
      } catch (error) {
        signal.throwIfAborted()
        log.error({ reason: messageOf(error) }, 'the embedded Postgres cannot be used')
      }
    }
  }

  const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  const supervise = async () => {
    for (let failures = 0; ; failures++) {
      const since = clock.now()
      await Promise.race([server.keeper.lost, aborted])
      if (signal.aborted) return
      if (clock.now() - since >= steady) failures = 0
      log.warn({ serverPid: server.pid }, 'the embedded Postgres ended its connections')
      server = await revive(failures)
      log.info({ serverPid: server.pid, port }, 'the embedded Postgres runs again')
    }
  }
  const supervision = supervise().catch(error => {
    if (!signal.aborted) throw error
  })

  const stop = async () => {
    stopping.abort()
    await supervision
    await server.keeper.close()
    await terminate(server.pid, { data: places.data, clock, log })
  }
  let stopped: Promise<void> | undefined
  return {
    url: urlOf(port),
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}
