import type { FastifyInstance } from 'fastify'
import { Counter, Histogram, Registry } from 'prom-client'
import type { WhenOver } from './common.ts'

/** What is to be counted of a request; without `seconds` where it was a stream. */
interface Sample {
  labels: { method: string; route: string; status: string }
  seconds: number | undefined
}

/** Samples that are counted at once: many in a row cost far less than each in the middle of a request. */
const batch = 256

/** Makes what counts requests and takes their durations (streams excepted, which last as long as their readers like). */
export function measureRequests(server: FastifyInstance): WhenOver {
  const registry = new Registry()
  const registers = [registry]
  const labelNames = ['method', 'route', 'status'] as const
  const taken: Sample[] = []
  const collect = () => {
    for (const { labels, seconds } of taken.splice(0)) {
      requests.inc(labels)
      if (seconds !== undefined) durations.observe(labels, seconds)
    }
  }
  const requests = new Counter({
    name: 'kindgate_http_requests_total',
    help: 'HTTP requests answered or aborted, by method, route and status.',
    labelNames,
    registers,
    collect,
  })
  const durations = new Histogram({
    name: 'kindgate_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer, streams excepted.',
    labelNames,
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600],
    registers,
    collect,
  })
  server.decorate('metrics', registry)
  return (request, reply) => {
    const { method } = request
    const labels = { method, route: request.routeOptions.url ?? 'unmatched', status: String(reply.statusCode) }
    taken.push({ labels, seconds: request.streaming ? undefined : reply.elapsedTime / 1000 })
    if (taken.length >= batch) collect()
  }
}
