import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type Docker from 'dockerode'
import { messageOf } from '../../errors.ts'
import { RuntimeError } from '../runtime.ts'

/** Where the daemon is, in the words of the docker CLI's `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`. */
export interface DockerSettings {
  /** `unix://…`, `tcp://…` or `ssh://…`. */
  host: string
  tlsVerify: boolean
  certPath: string | null
}

export interface DockerClient {
  /** For acts and questions: an answer must begin within three minutes (creating a node copies half a gigabyte). */
  acts: Docker
  /** For streams, which may be silent for as long as nothing happens. */
  streams: Docker
}

const actTimeoutMs = 180_000

export async function connectDocker(settings: DockerSettings): Promise<DockerClient> {
  const [{ default: Client }, options] = await Promise.all([import('dockerode'), dockerOptions(settings)])
  return { acts: new Client({ ...options, timeout: actTimeoutMs }), streams: new Client(options) }
}

async function dockerOptions({ host, tlsVerify, certPath }: DockerSettings): Promise<Docker.DockerOptions> {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) }
  const url = new URL(host)
  if (url.protocol === 'ssh:') {
    const agent = process.env.SSH_AUTH_SOCK
    return {
      protocol: 'ssh',
      host: url.hostname,
      port: url.port || '22',
      username: decodeURIComponent(url.username),
      ...(agent ? { sshOptions: { agent } } : {}),
    }
  }
  if (!tlsVerify) return { protocol: 'http', host: url.hostname, port: url.port || '2375' }
  const read = (name: string) => readFile(path.join(certPath ?? '', name), 'utf8')
  const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')])
  return { protocol: 'https', host: url.hostname, port: url.port || '2376', ca, cert, key }
}

/** An answer of the daemon that is an error, in its own words. */
export class DaemonError extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string, options: ErrorOptions) {
    super(message, options)
    this.name = 'DaemonError'
    this.statusCode = statusCode
  }
}

/** The HTTP status of the daemon's answer, undefined where it gave none. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}

/** The daemon's own words, without dockerode's prefix. */
export function daemonMessage(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) .*? - /s, '')
    .trim()
}

/**
 * Runs an act against the daemon. Answers with a status in `done` count as done: the act had been carried out before.
 * Rejects with DaemonError, or with RuntimeUnavailable where the daemon gives no answer.
 */
export async function act<T>(call: () => Promise<T>, ...done: number[]): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    const status = statusOf(error)
    if (status !== undefined && done.includes(status)) return undefined
    throw status === undefined ? unavailable(error) : new DaemonError(status, daemonMessage(error), { cause: error })
  }
}

/** An error of the daemon's connection as RuntimeUnavailable; others as they are. */
export function unavailable(error: unknown): Error {
  if (error instanceof RuntimeError) return error
  if (statusOf(error) !== undefined && error instanceof Error) return error
  return new RuntimeError('RuntimeUnavailable', `Docker does not answer: ${messageOf(error)}`, { cause: error })
}
