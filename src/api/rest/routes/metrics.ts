import { Counter, collectDefaultMetrics, Gauge } from 'prom-client'
import type { Principal } from '../../../engine/accounts/principal.ts'
import { operationStates } from '../../../engine/operations/schema.ts'
import type { HttpServer } from '../../http/server.ts'
import type { RestContext } from '../context.ts'
import { metricsGet } from './system.schema.ts'

/** Counts are over everything there is; no object leaves this file. */
const everything: Principal = { name: 'metrics', admin: true }

export function metricsRoutes(server: HttpServer, { engine, watches }: RestContext): void {
  const registers = [server.metrics]
  const tables = Object.values(engine.tables)
  new Gauge({
    name: 'kindgate_objects',
    help: 'Live objects in the mirror, by kind.',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const table of tables) this.set({ kind: table.kind }, table.list({ viewer: everything }).items.length)
    },
  })
  new Gauge({
    name: 'kindgate_watches',
    help: 'Open watches over REST, by kind.',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const table of tables) this.set({ kind: table.kind }, watches.counts().get(table.kind) ?? 0)
    },
  })
  new Gauge({
    name: 'kindgate_operations',
    help: 'Operations that are kept, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of operationStates) this.set({ state }, 0)
      for (const { state } of engine.tables.operations.list({ viewer: everything }).items) this.inc({ state })
    },
  })
  new Gauge({
    name: 'kindgate_audit_held_entries',
    help: 'Entries of the audit log that wait for the store.',
    registers,
    collect() {
      this.set(engine.audit.counts().held)
    },
  })
  new Counter({
    name: 'kindgate_audit_lost_entries_total',
    help: 'Entries of the audit log that were lost, because more came than can be held or the store refused them.',
    registers,
    collect() {
      this.reset()
      this.inc(engine.audit.counts().lost)
    },
  })

  let collecting = false
  server.get('/metrics', { config: { access: 'user' }, schema: metricsGet }, async (_request, reply) => {
    // The process's own metrics cost timers and observers: only where somebody looks.
    if (!collecting) collectDefaultMetrics({ register: server.metrics })
    collecting = true
    return reply.type(server.metrics.contentType).send(await server.metrics.metrics())
  })
}
