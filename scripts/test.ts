/**
 * `npm test`: every check and test that this machine can run, and what it left out.
 *
 *   npm test                    everything
 *   npm test -- types unit      some parts: types, lint, layers, openapi, asyncapi, readme, unit, e2e
 *   npm test -- e2e scale       of a part's test files, those whose path contains one of the words
 *
 * The e2e tests need Docker and a node image, `kindest/node:v1.34.4` or the one that E2E_IMAGE names. With CI=true, a
 * part that cannot run and a test that is skipped are failures. Ends with a line `N passed, N failed` that counts
 * tests, and with status 1 when a part failed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { messageOf } from '../src/errors.ts'

interface Check {
  name: string
  command: [string, ...string[]]
}

interface Suite {
  name: string
  files: string[]
  /** Files that run at the same time. */
  concurrency: number
  /** Milliseconds that a test may take, and that may pass with no test starting or ending. */
  timeout: number
  /** Milliseconds that all of it may take: who waits for an answer gets one, with what failed so far. */
  limit: number
  /** Resolves to what the machine lacks to run it. */
  missing?: () => Promise<string | undefined>
  /** Resolves when nothing stands in its way. */
  turn?: () => Promise<void>
}

interface Outcome {
  name: string
  state: 'passed' | 'failed' | 'left out'
  seconds?: number
  note?: string
  passed?: number
  failed?: number
}

const root = join(import.meta.dirname, '..')
const ci = process.env.CI === 'true'
const minute = 60_000

const checks: Check[] = [
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'lint', command: ['biome', 'check', '--error-on-warnings'] },
  { name: 'layers', command: ['depcruise', 'src'] },
  { name: 'openapi', command: ['node', 'scripts/openapi.ts', '--check'] },
  { name: 'asyncapi', command: ['node', 'scripts/asyncapi.ts', '--check'] },
  { name: 'readme', command: ['node', 'scripts/readme.ts', '--check'] },
]

const testFiles = globSync('test/**/*.test.ts', { cwd: root }).sort()
const isE2e = (file: string) => file.startsWith(join('test', 'e2e', ''))
const suites: Suite[] = [
  {
    name: 'unit',
    files: testFiles.filter(file => !isE2e(file)),
    concurrency: availableParallelism(),
    timeout: 5 * minute,
    limit: 20 * minute,
  },
  {
    name: 'e2e',
    files: testFiles.filter(isE2e),
    concurrency: 1,
    timeout: 30 * minute,
    limit: 45 * minute,
    missing: whatE2eLacks,
    turn: takeTurn,
  },
]

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)))

process.chdir(root)
process.env.PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
process.exitCode = await main(process.argv.slice(2))

async function main(words: string[]): Promise<number> {
  const all = [...checks, ...suites].map(part => part.name)
  const named = all.filter(name => words.includes(name))
  const filters = words.filter(word => !all.includes(word))
  const chosen = named.length > 0 ? named : filters.length > 0 ? suites.map(suite => suite.name) : all

  const wanted = suites
    .filter(suite => chosen.includes(suite.name))
    .map(suite => ({ ...suite, files: suite.files.filter(file => matches(file, filters)) }))
    .filter(suite => suite.files.length > 0 || filters.length === 0)
  if (filters.length > 0 && wanted.length === 0) {
    console.error(`No test file matches ${filters.join(' ')}. Parts: ${all.join(', ')}.`)
    return 2
  }

  const outcomes = await runChecks(checks.filter(check => chosen.includes(check.name)))
  for (const suite of wanted) {
    if (!stop.signal.aborted) outcomes.push(await runSuite(suite))
  }
  return summarise(outcomes)
}

function matches(file: string, filters: string[]): boolean {
  return filters.length === 0 || filters.some(filter => file.includes(filter))
}

/** Runs checks side by side; shows a line for each, and the output of those that fail. */
async function runChecks(chosen: Check[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const queue = chosen.values()
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const check of queue) {
        if (stop.signal.aborted) return
        const { outcome, output } = await runCheck(check)
        outcomes.push(outcome)
        console.log(line(outcome))
        if (outcome.state === 'failed') console.log(output)
      }
    }),
  )
  return outcomes
}

async function runCheck({
  name,
  command: [program, ...options],
}: Check): Promise<{ outcome: Outcome; output: string }> {
  const start = performance.now()
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'], signal: stop.signal })
  const ended = new Promise<{ failed: boolean; note?: string }>(resolve => {
    child.once('error', error => resolve({ failed: true, note: error.message }))
    child.once('close', status => resolve({ failed: status !== 0 }))
  })
  const [stdout, stderr, { failed, ...note }] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const outcome: Outcome = { name, state: failed ? 'failed' : 'passed', seconds: since(start), ...note }
  return { outcome, output: `${stdout}${stderr}`.trimEnd() }
}

/** Runs a suite under node:test, its report streamed to stdout. */
async function runSuite({ name, files, concurrency, timeout, limit, missing, turn }: Suite): Promise<Outcome> {
  if (files.length === 0) return { name, state: 'left out', note: 'there are no test files' }
  const lack = await missing?.()
  if (lack) return { name, state: 'left out', note: lack }
  await turn?.()

  console.log(`\n${name}, test files: ${files.length}`)
  const start = performance.now()
  const counts = { passed: 0, failed: 0, skipped: 0 }
  // node:test fails a test that takes too long, but then waits for its process.
  const hung = new AbortController()
  const giveUp = (why: string) => () => hung.abort(new Error(why))
  const watchdog = setTimeout(giveUp(`hung for ${(timeout + 10_000) / 1000} s`), timeout + 10_000)
  const end = setTimeout(giveUp(`took more than ${limit / 1000} s`), limit)
  const tests = run({ files, concurrency, timeout, signal: AbortSignal.any([stop.signal, hung.signal]) })
  tests.on('data', () => watchdog.refresh())
  tests.on('test:summary', summary => {
    // Each file has a summary of its own; the one over all names no file.
    if (summary.file !== undefined) return
    const { tests: all, passed, skipped, todo } = summary.counts
    Object.assign(counts, { passed, failed: all - passed - skipped - todo, skipped: skipped + todo })
  })
  await pipeline(tests, new spec(), process.stdout, { end: false })
  clearTimeout(watchdog)
  clearTimeout(end)
  const { passed, failed, skipped } = counts
  const good = failed === 0 && passed > 0 && !(ci && skipped > 0) && !hung.signal.aborted
  const note = [
    `${passed} passed`,
    failed && `${failed} failed`,
    skipped && `${skipped} SKIPPED`,
    hung.signal.aborted && messageOf(hung.signal.reason),
  ]
    .filter(Boolean)
    .join(', ')
  return { name, state: good ? 'passed' : 'failed', seconds: since(start), note, passed, failed }
}

async function whatE2eLacks(): Promise<string | undefined> {
  const { default: Docker } = await import('dockerode')
  const docker = new Docker({ timeout: 10_000 })
  const image = process.env.E2E_IMAGE ?? 'kindest/node:v1.34.4'
  try {
    await docker.ping()
  } catch (error) {
    return `no Docker daemon answers (${error instanceof Error ? error.message : error})`
  }
  try {
    await docker.getImage(image).inspect()
  } catch {
    return `there is no image ${image} (test/machine/node-images.sh makes it)`
  }
  return undefined
}

/**
 * Waits for the e2e tests of every other run on this machine: they use the same names, and restart Docker. The turn is
 * an abstract Unix socket, which ends with the process that listens on it.
 */
async function takeTurn(): Promise<void> {
  if (process.platform !== 'linux') return
  const address = '\0kindgate-e2e'
  while (!stop.signal.aborted) {
    const server = createServer(other => other.on('error', () => other.destroy()).unref())
    try {
      await once(server.listen(address), 'listening')
      server.unref()
      return
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    }
    console.log('\nwaiting for the e2e tests of another run')
    const holder = connect({ path: address, signal: stop.signal }).on('error', () => holder.destroy())
    await once(holder.resume(), 'close').catch(() => undefined)
  }
}

/** Prints all outcomes, then loudly what went wrong or was left out; gives the exit status. */
function summarise(outcomes: Outcome[]): number {
  const names = (state: Outcome['state']) => outcomes.filter(each => each.state === state).map(each => each.name)
  const sum = (key: 'passed' | 'failed') => outcomes.reduce((total, outcome) => total + (outcome[key] ?? 0), 0)
  const [failed, leftOut] = [names('failed'), names('left out')]

  console.log('\nSummary')
  for (const outcome of outcomes) console.log(line(outcome))
  if (leftOut.length > 0) console.log(`LEFT OUT: ${leftOut.join(', ')}${ci ? ', a failure with CI=true' : ''}`)
  if (failed.length > 0) console.log(`FAILED: ${failed.join(', ')}`)
  if (stop.signal.aborted) console.log(stop.signal.reason.message)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  return failed.length > 0 || (ci && leftOut.length > 0) || stop.signal.aborted ? 1 : 0
}

function line({ name, state, seconds, note }: Outcome): string {
  const mark = { passed: '✓', failed: '✗', 'left out': ci ? '✗' : '–' }[state]
  const time = seconds === undefined ? '' : `${seconds.toFixed(1)} s`
  const words = state === 'left out' ? `left out: ${note}` : (note ?? '')
  return `${mark} ${name.padEnd(8)} ${time.padStart(8)}  ${words}`.trimEnd()
}

function since(start: number): number {
  return (performance.now() - start) / 1000
}
