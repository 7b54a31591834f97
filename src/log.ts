import type { FastifyBaseLogger } from 'fastify'

/** What everything below the surfaces logs to; the gateway's logger is one. */
export type Log = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>
