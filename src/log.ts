import type { FastifyBaseLogger } from 'fastify'
import { type LogFn, pino } from 'pino'

/** What everything below the surfaces logs to; the gateway's logger is one. */
export type Log = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

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

/** Whether the logger writes lines of that level. */
export function isEnabled(log: Pick<FastifyBaseLogger, 'level'>, level: Level): boolean {
  const { values } = pino.levels
  return (values[level] ?? 0) >= (values[log.level] ?? Number.POSITIVE_INFINITY)
}

/** The logger, whose children are made when they have a line to write: making one costs more than many a request. */
export function withLazyChildren(log: FastifyBaseLogger): FastifyBaseLogger {
  return Object.create(log, { child: { value: (bindings: object) => new LazyChild(log, bindings) } })
}

const nothing: LogFn = () => undefined

class LazyChild implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: object
  #made: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, bindings: object) {
    this.#parent = parent
    this.#bindings = bindings
  }

  get level(): string {
    return this.#parent.level
  }

  get fatal(): LogFn {
    return this.#at('fatal')
  }

  get error(): LogFn {
    return this.#at('error')
  }

  get warn(): LogFn {
    return this.#at('warn')
  }

  get info(): LogFn {
    return this.#at('info')
  }

  get debug(): LogFn {
    return this.#at('debug')
  }

  get trace(): LogFn {
    return this.#at('trace')
  }

  get silent(): LogFn {
    return nothing
  }

  child(bindings: object): FastifyBaseLogger {
    return new LazyChild(this, bindings)
  }

  #at(level: Level): LogFn {
    if (!isEnabled(this.#parent, level)) return nothing
    const made = this.#make()
    return made[level].bind(made)
  }

  #make(): FastifyBaseLogger {
    const parent = this.#parent instanceof LazyChild ? this.#parent.#make() : this.#parent
    this.#made ??= parent.child(this.#bindings)
    return this.#made
  }
}
