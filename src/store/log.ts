import type { FastifyBaseLogger } from 'fastify'

/** What the store logs to; the gateway's logger is one. */
export type Log = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>
