import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'

/** What everything below the surfaces logs to; the gateway's logger is one. */
export type Log = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>

const secrets = ['authorization', 'cookie', '["set-cookie"]', '["proxy-authorization"]', 'token', 'password', 'secret']

/**
 * The gateway's log: JSON lines to standard output, or to `stream`. What may be secret is replaced wherever an object with
 * such a member is logged, up to three levels deep.
 */
export function createLogger(options: { level: string; stream?: { write(line: string): void } }): FastifyBaseLogger {
  const nested = secrets.map(name => (name.startsWith('[') ? `*${name}` : `*.${name}`))
  const paths = [...secrets, ...nested, ...nested.map(path => `*.${path}`)]
  return pino({ level: options.level, redact: { paths, censor: '[redacted]' } }, options.stream ?? pino.destination(1))
}
