// Writes openapi/openapi.json from the routes. With --check: fails when the committed document differs or is not valid.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Validator } from '@seriousme/openapi-schema-validator'
import { openapiText } from '../src/api/http/openapi/openapi.ts'
import { createServer } from '../src/api/http/server.ts'
import { surfaces } from '../src/api/surfaces.ts'
import { systemClock } from '../src/clock.ts'
import type { Engine } from '../src/engine/api.ts'
import { createMirror } from '../src/engine/mirror/mirror.ts'
import { createTables } from '../src/engine/tables.ts'
import { createLogger } from '../src/log.ts'

const file = fileURLToPath(new URL('../openapi/openapi.json', import.meta.url))
const text = await describeRoutes()

if (process.argv.includes('--check')) {
  const { valid, errors } = await new Validator().validate(JSON.parse(text))
  if (!valid) fail(`the OpenAPI document is not valid: ${JSON.stringify(errors, null, 2)}`)
  if (readFileSync(file, 'utf8') !== text)
    fail('openapi/openapi.json is not what the routes say: run scripts/openapi.ts')
} else writeFileSync(file, text)

async function describeRoutes(): Promise<string> {
  const server = createServer({ engine: idleEngine(), log: createLogger({ level: 'silent' }) })
  let described = () => ''
  await server.register(async (scope: typeof server) => {
    await surfaces(scope, {
      engine: idleEngine(),
      clock: systemClock,
      vkube: { public: true, requestsPerMinute: 1 },
    })
    described = () => openapiText(scope)
  })
  await server.ready()
  try {
    return described()
  } finally {
    await server.close()
  }
}

/** Routes are described without any of this being called. */
function idleEngine(): Engine {
  const never = () => {
    throw new Error('describing the routes calls no command')
  }
  return {
    clusters: { create: never, patch: never, remove: never, start: never, stop: never, kubeconfig: never },
    nodes: { add: never, remove: never, start: never, stop: never, processes: never },
    pods: { logs: never, remove: never, stream: never, passage: never },
    clients: { connect: never },
    networks: { create: never, remove: never, host: never },
    images: { list: never, exists: never },
    orders: {
      create: never,
      patch: never,
      remove: never,
      authenticate: never,
      regions: { list: never, occupied: never },
      deployments: { deploy: never, restart: never, stop: never, start: never, remove: never, update: never },
      pods: { status: never, log: never },
    },
    operations: { wait: never },
    accounts: {
      authenticate: never,
      authenticateSession: never,
      authenticateServiceAccount: never,
      holds: never,
      admit: never,
      connect: never,
    },
    logins: { begin: never, finish: never, end: never },
    users: {
      create: never,
      patch: never,
      remove: never,
      tokens: { create: never, list: never, revoke: never },
      serviceAccounts: { create: never, list: never, document: never, revoke: never },
    },
    audit: { record: never, list: never, counts: never },
    refs: {
      get: never,
      reveal: never,
      effective: never,
      names: never,
      refs: never,
      metadata: never,
      create: never,
      createFromGit: never,
      setMetadata: never,
      tag: never,
      moveBranch: never,
      removeRef: never,
      remove: never,
    },
    platforms: {
      names: never,
      get: never,
      put: never,
      patch: never,
      metadata: never,
      setMetadata: never,
      remove: never,
      deploy: never,
      deployments: never,
      deployment: never,
      removeDeployment: never,
      release: never,
      releases: never,
      releaseOf: never,
      removeRelease: never,
    },
    tables: createTables(createMirror({ clock: systemClock })),
    version: never,
    health: never,
  }
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
