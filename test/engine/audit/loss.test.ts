import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { type AuditRecord, createAudit } from '../../../src/engine/audit/audit.ts'
import { createMirror } from '../../../src/engine/mirror/mirror.ts'
import { createTables } from '../../../src/engine/tables.ts'
import { createFakeClock } from '../../support/clock.ts'
import { emptyStore, root } from '../../support/engine-on-simulated.ts'
import { createFailingStore } from '../../support/failing-store.ts'
import { recordingLog } from '../../support/log.ts'

/** As src/engine/audit/audit.ts has it. */
const mostHeld = 10_000

/** An audit log whose store is away until it is told to come back. */
async function setUp(action: string) {
  const clock = createFakeClock()
  const store = createFailingStore(await emptyStore())
  const log = recordingLog()
  const { audit: table } = createTables(createMirror({ clock, onError: error => assert.fail(String(error)) }))
  const audit = createAudit({ store, clock, log, table, ids: randomUUID })
  store.fail()
  const entry = (members: Partial<AuditRecord> = {}): AuditRecord => ({
    actor: 'ann',
    action,
    resource: 'alex',
    result: 'OK',
    surface: 'rest',
    from: null,
    requestId: null,
    ...members,
  })
  return {
    audit,
    clock,
    store,
    errors: () => log.entries.filter(({ level }) => level === 'error').map(({ text }) => text),
    record: (count: number, members?: Partial<AuditRecord>) => {
      for (let each = 0; each < count; each++) audit.record(entry(members))
    },
    /** Resolves once the table shows an entry of that action. */
    shown: (wanted: string) =>
      new Promise<string | null>(resolve => {
        const end = table.subscribe(({ object }) => {
          if (object.action !== wanted) return
          end()
          resolve(object.detail)
        })
      }),
    listed: async () => (await audit.list(root, { action, limit: 1000 })).items.map(({ resource }) => resource),
  }
}

test('what is recorded while the store is away is written when it is back', async () => {
  const { audit, clock, store, record, shown, listed, errors } = await setUp('held')
  record(3)
  await clock.advance(5000)
  assert.deepEqual(audit.counts(), { held: 3, lost: 0 })
  assert.equal(errors().length, 1, 'an outage is one line of the log')
  assert.match(errors()[0] ?? '', /CONNECTION_CLOSED.*could not write the audit log/)
  store.mend()
  const back = shown('held')
  await clock.advance(1000)
  await back
  assert.equal((await listed()).length, 3)
  assert.deepEqual(audit.counts(), { held: 0, lost: 0 })
})

test('what does not fit is lost, and log, counts and the audit log itself say so', async () => {
  const { audit, clock, store, record, shown, errors } = await setUp('full')
  record(mostHeld + 5)
  assert.deepEqual(audit.counts(), { held: mostHeld, lost: 5 })
  assert.deepEqual(
    errors().filter(text => text.includes('are being lost')),
    [`{"held":${mostHeld}} entries of the audit log are being lost: the store does not take them`],
  )
  await clock.settle()
  store.mend()
  const told = shown('auditLost')
  await clock.advance(1000)
  assert.equal(await told, '5 entries were lost: the store did not take them')
  await audit.close()
  assert.deepEqual(audit.counts(), { held: 0, lost: 5 })
  const [row] = await store.sql<{ count: number }[]>`select count(*)::int from audit where action = 'full'`
  assert.equal(row?.count, mostHeld)
})

test('an entry that the store refuses holds up no other', async () => {
  const { audit, clock, store, record, listed, errors } = await setUp('refused')
  record(1, { resource: 'before' })
  record(1, { resource: 'a\u0000b' })
  record(1, { resource: 'after' })
  store.mend()
  await clock.settle()
  await audit.close()
  assert.deepEqual(await listed(), ['after', 'before'])
  assert.deepEqual(audit.counts(), { held: 0, lost: 1 })
  assert.match(errors()[0] ?? '', /refused an entry of the audit log: it is lost/)
})

test('what is held when the gateway stops without its store is said to be lost', async () => {
  const { audit, record, errors } = await setUp('stopped')
  record(4)
  await audit.close()
  assert.match(errors().at(-1) ?? '', /^\{"entries":4\} entries of the audit log were lost/)
})
