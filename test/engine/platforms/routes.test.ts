import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scheduleFault } from '../../../src/engine/platforms/routes/cron.ts'
import { type IngressRule, ingressRules, isUnder } from '../../../src/engine/platforms/routes/ingress.ts'
import { type Match, MatchError, parseMatch } from '../../../src/engine/platforms/routes/match.ts'

const rule = (path: string, pathType: IngressRule['pathType'], host: string | null = null) => ({ host, path, pathType })

for (const [source, rules] of [
  ['Path(`/hello`)', [rule('/hello', 'Exact')]],
  ["PathPrefix('/api')", [rule('/api', 'Prefix')]],
  ['Host("a.example")', [rule('/', 'Prefix', 'a.example')]],
  ['Host(`a.example`, `b.example`)', [rule('/', 'Prefix', 'a.example'), rule('/', 'Prefix', 'b.example')]],
  ['Host(`A.example`) && Path(`/x`)', [rule('/x', 'Exact', 'a.example')]],
  ['Path(`/a`) || Path(`/b`) && Host(`h.x`)', [rule('/a', 'Exact'), rule('/b', 'Exact', 'h.x')]],
  ['(Path(`/a`) || Path(`/b`)) && Host(`h.x`)', [rule('/a', 'Exact', 'h.x'), rule('/b', 'Exact', 'h.x')]],
  ['PathPrefix(`/a`) && Path(`/a/b`)', [rule('/a/b', 'Exact')]],
  ['PathPrefix(`/a/b`) && PathPrefix(`/a`)', [rule('/a/b', 'Prefix')]],
  ['Path(`/a`) && Path(`/b`) || Path(`/c`)', [rule('/c', 'Exact')]],
  ['Path(`/a`) || Path(`/a`)', [rule('/a', 'Exact')]],
] as const)
  test(`${source} as Ingress rules`, () => assert.deepEqual(ingressRules(source), rules))

for (const [source, message] of [
  ['', /expected Path, PathPrefix, Host, Method at 1, found the end/],
  ['Path', /expected \( at 5/],
  ['Path()', /expected a text/],
  ['Path(`/a`', /expected \) at 10/],
  ['Path(`/a`) Path(`/b`)', /expected &&, \|\| or the end at 12/],
  ['Path(`/a`) & Path(`/b`)', /cannot read what is at 12/],
  ['Query(`a`)', /expected Path/],
  ['Method(`GET`) && Path(`/a`)', /Method cannot be expressed/],
  ['!Path(`/a`)', /! cannot be expressed/],
  ['Path(`/users/{id}`)', /arguments in a path/],
  ['Path(`a`)', /is not a path/],
  ['Path(`/a/../b`)', /is not a path/],
  ['Host(`not a host`)', /is not a host/],
  ['Path(`/a`) && Path(`/b`)', /can never hold/],
  [`${'('.repeat(40)}Path(\`/a\`)${')'.repeat(40)}`, /nested/],
  [`Path(\`/${'a'.repeat(3000)}\`)`, /at most 2048/],
  [Array.from({ length: 12 }, (_, n) => `(Host(\`a${n}\`) || Host(\`b${n}\`))`).join(' && '), /more than 64 rules/],
] as const)
  test(`${source.slice(0, 40)} is refused and says why`, () =>
    assert.throws(
      () => ingressRules(source),
      error => error instanceof MatchError && message.test(error.message),
    ))

const paths = ['/', '/a', '/a/b', '/ab', '/a/b/c', '/c']
const hosts = ['x.example', 'y.example']
type Request = { host: string; path: string }

const call = fc.oneof(
  fc.record({
    kind: fc.constant('call' as const),
    name: fc.constantFrom('Path' as const, 'PathPrefix' as const),
    texts: fc.array(fc.constantFrom(...paths), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('call' as const),
    name: fc.constant('Host' as const),
    texts: fc.array(fc.constantFrom(...hosts), { minLength: 1, maxLength: 2 }),
  }),
)
const { match } = fc.letrec<{ match: Match }>(tie => ({
  match: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    call,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('match'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}))

function write(of: Match): string {
  switch (of.kind) {
    case 'call':
      return `${of.name}(${of.texts.map(text => `\`${text}\``).join(', ')})`
    case 'not':
      return `!(${write(of.of)})`
    default:
      return `(${of.of.map(write).join(of.kind === 'and' ? ' && ' : '||')})`
  }
}

function holds(of: Match, request: Request): boolean {
  switch (of.kind) {
    case 'and':
      return of.of.every(each => holds(each, request))
    case 'or':
      return of.of.some(each => holds(each, request))
    case 'not':
      return !holds(of.of, request)
    case 'call':
      return of.texts.some(text => {
        if (of.name === 'Host') return request.host === text
        return of.name === 'Path' ? request.path === text : isUnder(request.path, text)
      })
  }
}

function served(rules: IngressRule[], { host, path }: Request): boolean {
  return rules.some(
    each =>
      (each.host === null || each.host === host) &&
      (each.pathType === 'Exact' ? each.path === path : isUnder(path, each.path)),
  )
}

test('what is written is read back', () => {
  fc.assert(
    fc.property(match, of => {
      const flat = (each: Match): unknown =>
        each.kind === 'call'
          ? { ...each }
          : { kind: each.kind, of: Array.isArray(each.of) ? each.of.map(flat) : flat(each.of) }
      assert.deepEqual(flat(parseMatch(write(of))), flat(of))
    }),
  )
})

test('Ingress rules serve exactly the requests that the match holds for', () => {
  const requests = hosts.flatMap(host => [...paths, '/a/b/d', '/zzz'].map(path => ({ host, path })))
  fc.assert(
    fc.property(match, of => {
      let rules: IngressRule[] = []
      try {
        rules = ingressRules(write(of))
      } catch (error) {
        assert.ok(error instanceof MatchError)
        // Then nothing may be served; of too many rules nothing can be said.
        fc.pre(error.message === 'can never hold')
      }
      for (const request of requests)
        assert.equal(served(rules, request), holds(of, request), `${write(of)} of ${JSON.stringify(request)}`)
    }),
  )
})

test('no text makes the parser throw anything but a MatchError', () => {
  const piece = fc.constantFrom('Path', 'Host', '(', ')', '`/a`', '"', '&&', '||', '!', ',', ' ', '\0', 'é')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), pieces => {
      try {
        ingressRules(pieces.join(''))
      } catch (error) {
        assert.ok(error instanceof MatchError)
      }
    }),
  )
})

for (const schedule of [
  '*/5 * * * *',
  '0 3 * * 1-5',
  '0,30 8-18/2 1 JAN,jul mon',
  '@hourly',
  '5 4 ? * *',
  '0 0 29 2 *',
])
  test(`${schedule} is a schedule`, () => assert.equal(scheduleFault(schedule), undefined))

for (const schedule of [
  '',
  '* * * *',
  '* * * * * *',
  '61 * * * *',
  '0 0 L * *',
  '0 0 * * 7',
  '0 0 * * 1#2',
  '@every 1h',
  '0 0 31 2 *',
  '*/0 * * * *',
  '5-1 * * * *',
])
  test(`${schedule || 'nothing'} is no schedule of a CronJob`, () =>
    assert.equal(typeof scheduleFault(schedule), 'string'))
