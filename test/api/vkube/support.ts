import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { orderExample } from '../../../src/api/rest/examples/orders.ts'
import { orderSecrets } from '../../support/orders.ts'
import { type Harness, setUp } from '../support.ts'

export type Ask = (options: InjectOptions & { secret?: string | null }) => Promise<LightMyRequestResponse>

/** The gateway with one order, and what asks it as a V-Kube client does. */
export async function setUpVkube(
  t: TestContext,
  options: Parameters<typeof setUp>[1] = {},
): Promise<{ harness: Harness; ask: Ask }> {
  const harness = await setUp(t, options)
  harness.engine.tables.orders.apply(orderExample)
  const ask: Ask = ({ secret = orderSecrets.valid, headers, ...request }) =>
    harness.server.inject({ ...request, headers: { ...(secret === null ? {} : { secret }), ...headers } })
  return { harness, ask }
}

/** Asserts that an answer is an error in the guide's shape and nothing else; returns its message. */
export function errorOf(answer: LightMyRequestResponse, code: number): string {
  assert.equal(answer.statusCode, code, answer.body)
  assert.match(String(answer.headers['content-type']), /^application\/json/)
  const body = answer.json()
  assert.deepEqual(Object.keys(body), ['error'])
  assert.deepEqual(Object.keys(body.error), ['code', 'message'])
  assert.equal(body.error.code, code)
  return body.error.message
}

export const deployBody = {
  nodeSelector: { region: 'ausrine' },
  containers: [
    {
      name: 'container1',
      imageName: 'nginx',
      ports: [{ containerPort: 80, hostPort: 2999 }],
      resource: { memory: '100Mi' },
    },
  ],
}
