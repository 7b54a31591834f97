import type Docker from 'dockerode'
import { RuntimeError } from '../runtime.ts'
import { unavailable } from './client.ts'

export interface ExecResult {
  exitCode: number
  /** The end of what it printed on both streams, at most 64 KiB. */
  output: string
}

const outputLimit = 64 * 1024

/**
 * Runs a program in a container as `docker exec` does. Aborting lets go of it; the program itself goes on, as Docker has
 * no way to end it. Rejects with RuntimeUnavailable where the connection is lost first.
 */
export async function execInContainer(
  docker: Docker,
  container: string,
  command: string[],
  signal: AbortSignal,
): Promise<ExecResult> {
  try {
    const exec = await docker.getContainer(container).exec({
      Cmd: command,
      AttachStdout: true,
      AttachStderr: true,
      // One terminal-like stream: the two would come framed otherwise.
      Tty: true,
      abortSignal: signal,
    })
    const stream = await exec.start({ abortSignal: signal })
    const letGo = () => stream.destroy()
    signal.addEventListener('abort', letGo, { once: true })
    let output = ''
    try {
      for await (const chunk of stream) output = (output + String(chunk)).slice(-outputLimit)
    } finally {
      signal.removeEventListener('abort', letGo)
      stream.destroy()
    }
    signal.throwIfAborted()
    const { ExitCode } = await exec.inspect({ abortSignal: signal })
    return { exitCode: ExitCode ?? -1, output: output.replaceAll('\r\n', '\n') }
  } catch (error) {
    signal.throwIfAborted()
    throw unavailable(error)
  }
}

/** Resolves when a line of the container's log since its last start matches; rejects when the log ends before that. */
export async function waitForLog(
  docker: Docker,
  container: string,
  pattern: RegExp,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { State } = await docker.getContainer(container).inspect({ abortSignal: signal })
    const since = Math.floor(Date.parse(State.StartedAt) / 1000)
    const log = await docker
      .getContainer(container)
      .logs({ follow: true, stdout: true, stderr: true, since, abortSignal: signal })
    let seen = ''
    for await (const chunk of log) {
      seen = (seen + String(chunk)).slice(-outputLimit)
      if (pattern.test(seen)) return
    }
    signal.throwIfAborted()
    throw new RuntimeError('BootstrapFailed', `the node ${container} ended while it booted`, {
      output: seen.slice(-4096),
    })
  } catch (error) {
    signal.throwIfAborted()
    throw unavailable(error)
  }
}
