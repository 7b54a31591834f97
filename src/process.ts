import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CertificateError } from './api/http/tls/certificate.ts'
import { type Gateway, startGateway } from './app.ts'
import { describeSettings, readSettings, SettingError } from './config-read.ts'
import { StoreError } from './store/error.ts'

/** The gateway as a process: arguments, settings, signals, exit codes. */
export async function runProcess(): Promise<void> {
  try {
    await main(readVersion())
  } catch (error) {
    if (!isForTheOperator(error)) throw error
    process.stderr.write(`kindgate: ${error.message}\n`)
    process.exit(1)
  }
}

async function main(version: string): Promise<void> {
  const { values } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
  })
  if (values.help) return print(help())
  if (values.version) return print(version)

  const starting = startGateway({
    settings: readSettings(process.env),
    environment: process.env,
    version,
    onFatal: die,
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(starting, signal))
  const { url, log, backend } = await starting
  const { runtime } = backend.engine.version()
  log.info({ url, docs: `${url}/docs`, tokenFile: backend.tokenFile, runtime, version }, 'kindgate is ready')
  if (process.stderr.isTTY)
    process.stderr.write(`\nkindgate ${version}: ${url}/docs\nadmin token: ${backend.tokenFile}\n\n`)
}

/** Also in the middle of starting: a server that is half started would be left behind. */
async function stop(starting: Promise<Gateway>, signal: string): Promise<never> {
  // A start that failed has said so already.
  const gateway = await starting.catch(() => process.exit(1))
  gateway.log.info({ signal }, 'stopping')
  try {
    await gateway.close()
    process.exit(0)
  } catch (error) {
    gateway.log.error({ err: error }, 'could not stop cleanly')
    process.exit(1)
  }
}

function die(reason: string): never {
  process.stderr.write(`kindgate: ${reason}\n`)
  process.exit(1)
}

/** Errors whose message is all that whoever starts the gateway needs. */
function isForTheOperator(error: unknown): error is Error {
  if (error instanceof SettingError || error instanceof StoreError || error instanceof CertificateError) return true
  if (!(error instanceof Error) || !('code' in error)) return false
  return [
    'EADDRINUSE',
    'EACCES',
    'EADDRNOTAVAIL',
    'ERR_PARSE_ARGS_UNKNOWN_OPTION',
    'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL',
  ].includes(String(error.code))
}

function help(): string {
  const rows = describeSettings()
  const width = Math.max(...rows.map(row => row.name.length))
  const lines = rows.flatMap(row => [
    `  ${row.name.padEnd(width)}  ${row.description}`,
    `  ${' '.repeat(width)}  default: ${row.default || '(empty)'}${row.values ? `; ${row.values}` : ''}`,
  ])
  return [
    'kindgate: a gateway that turns Docker hosts into Kubernetes clusters',
    '',
    'Settings, taken from the environment:',
    ...lines,
  ].join('\n')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  if (
    typeof manifest === 'object' &&
    manifest !== null &&
    'version' in manifest &&
    typeof manifest.version === 'string'
  )
    return manifest.version
  throw new Error('package.json holds no version')
}
