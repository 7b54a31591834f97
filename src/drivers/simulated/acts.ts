import type { Clock } from '../../clock.ts'
import { RuntimeError } from '../runtime.ts'
import { createAbortGroup, orAborted } from './abort.ts'

/**
 * Every act of the simulated runtime that can be paused or made to fail. `init` is kubeadm until the API server
 * answers, `initDone` the rest of it.
 */
export type Act =
  | 'version'
  | 'list'
  | 'find'
  | 'pull'
  | 'taken'
  | 'ensureNetwork'
  | 'removeNetwork'
  | 'create'
  | 'start'
  | 'stop'
  | 'remove'
  | 'processes'
  | 'listening'
  | 'prepare'
  | 'init'
  | 'initDone'
  | 'addons'
  | 'join'
  | 'kubeconfig'
  | 'access'
  | 'drain'
  | 'deleteNode'
  | 'apply'
  | 'deleteObject'
  | 'listObjects'
  | 'patch'
  | 'log'

/** Ends a pause. `reached` resolves with the act's target (a node, network or reference) once an act is held. */
export interface Release {
  (): void
  readonly reached: Promise<string>
}

export interface Acts {
  /** Passes an act on, held or failed as injected. Rejects with RuntimeUnavailable while the daemon is broken. */
  enter(act: Act, target: string, signal?: AbortSignal): Promise<void>
  /** The same for what goes to an API server and needs no daemon. */
  enterKubernetes(act: Act, target: string, signal: AbortSignal): Promise<void>
  /** Lets the time pass that something takes in believable seconds; ends early with the signal or the daemon. */
  spend(seconds: number, signal?: AbortSignal): Promise<void>
  /** Runs work with a signal that aborts with the given one, or with RuntimeUnavailable when the daemon breaks. */
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Why the daemon does not answer; undefined while it does. */
  readonly broken: string | undefined
  breakDaemon(reason: string): void
  mendDaemon(): void
  failNext(act: Act, error: Error, target?: string): void
  pause(act: Act, target?: string): Release
}

interface Failure {
  act: Act
  target: string | undefined
  error: Error
}

interface Hold {
  act: Act
  target: string | undefined
  released: Promise<void>
  reached: (target: string) => void
}

export interface ActsOptions {
  clock: Clock
  pace: number
}

/** Milliseconds that something of so many believable seconds takes; a pace of 1 is ten times as fast as life. */
export function pacedMs(seconds: number, pace: number): number {
  return seconds * 100 * pace
}

/** The gate that every act goes through. */
export function createActs({ clock, pace }: ActsOptions): Acts {
  let daemon = createAbortGroup()
  let broken: string | undefined
  let failures: Failure[] = []
  const holds = new Set<Hold>()

  const meant = (injected: { act: Act; target: string | undefined }, act: Act, target: string) =>
    injected.act === act && (injected.target === undefined || injected.target === target)

  const pass = async (act: Act, target: string, signal: AbortSignal) => {
    // Even with nothing to wait for, what an act changes is seen after the call, as with a real daemon.
    await Promise.resolve()
    signal.throwIfAborted()
    const failure = failures.find(each => meant(each, act, target))
    failures = failures.filter(each => each !== failure)
    for (const hold of holds) {
      if (!meant(hold, act, target)) continue
      hold.reached(target)
      await orAborted(hold.released, signal)
    }
    if (failure) throw failure.error
  }

  return {
    run: (work, signal) => daemon.run(work, signal),
    enter: (act, target, signal) => daemon.run(both => pass(act, target, both), signal),
    enterKubernetes: pass,
    spend: (seconds, signal) =>
      daemon.run(async both => {
        both.throwIfAborted()
        if (pace > 0 && seconds > 0) await clock.sleep(pacedMs(seconds, pace), both)
      }, signal),
    get broken() {
      return broken
    },
    breakDaemon(reason) {
      broken = reason
      daemon.abort(new RuntimeError('RuntimeUnavailable', reason))
    },
    mendDaemon() {
      if (broken === undefined) return
      broken = undefined
      daemon = createAbortGroup()
    },
    failNext(act, error, target) {
      failures.push({ act, target, error })
    },
    pause(act, target) {
      const released = Promise.withResolvers<void>()
      const reached = Promise.withResolvers<string>()
      const hold: Hold = { act, target, released: released.promise, reached: reached.resolve }
      holds.add(hold)
      const release = () => {
        holds.delete(hold)
        released.resolve()
      }
      return Object.assign(release, { reached: reached.promise })
    },
  }
}
