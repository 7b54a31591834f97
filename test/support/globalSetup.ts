import { startTestServer } from './postgres.ts'

// For `node --test --test-global-setup=test/support/globalSetup.ts`: one Postgres for all test files of a run.

let stop: (() => Promise<void>) | undefined

export async function globalSetup(): Promise<void> {
  const server = await startTestServer()
  stop = server.stop
  process.env.TEST_SERVER_URL = server.url
  process.env.TEST_SERVER_TEMPLATE = server.template
}

export async function globalTeardown(): Promise<void> {
  await stop?.()
}
