import type { FastifyInstance } from 'fastify'
import { Counter, Histogram, Registry } from 'prom-client'
import type { WhenOver } from './common.ts'

/** Makes what counts requests and takes their durations (streams excepted, which last as long as their readers like). */
export function measureRequests(server: FastifyInstance): WhenOver {
  const registry = new Registry()
  const registers = [registry]
  const labelNames = ['method', 'route', 'status'] as const
  const requests = new Counter({
    name: 'kindgate_http_requests_total',
    help: 'HTTP requests answered or aborted, by method, route and status.',
    labelNames,
    registers,
  })
  const durations = new Histogram({
    name: 'kindgate_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer, streams excepted.',
    labelNames,
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600],
    registers,
  })
  server.decorate('metrics', registry)
  return (request, reply) => {
    const { method } = request
    const labels = { method, route: request.routeOptions.url ?? 'unmatched', status: String(reply.statusCode) }
    requests.inc(labels)
    if (!request.streaming) durations.observe(labels, reply.elapsedTime / 1000)
  }
}
