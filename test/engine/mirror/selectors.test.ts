import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  matchesSelector,
  type Operator,
  parseSelector,
  printSelector,
  type Requirement,
} from '../../../src/engine/mirror/selectors.ts'
import { GatewayError } from '../../../src/errors.ts'

// What selectors mean, from the tables of apimachinery's selector_test.go (k8s.io/apimachinery/pkg/labels) and from
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
const requirement = (key: string, operator: Operator, ...values: string[]): Requirement => ({ key, operator, values })

test('selectors are parsed as Kubernetes parses them', () => {
  const table: [string, ...Requirement[]][] = [
    [''],
    ['  '],
    ['\rx', requirement('x', 'exists')],
    ['a ', requirement('a', 'exists')],
    ['!x', requirement('x', '!')],
    ['! x', requirement('x', '!')],
    ['x=a', requirement('x', '=', 'a')],
    ['environment = production', requirement('environment', '=', 'production')],
    ['tier != frontend', requirement('tier', '!=', 'frontend')],
    ['x==a', requirement('x', '==', 'a')],
    ['x=', requirement('x', '=', '')],
    ['x= ,z= ', requirement('x', '=', ''), requirement('z', '=', '')],
    [
      'x=a,y!=b,z in (h,i,j)',
      requirement('x', '=', 'a'),
      requirement('y', '!=', 'b'),
      requirement('z', 'in', 'h', 'i', 'j'),
    ],
    ['this-is-a-dns.domain.com/key-with-dash', requirement('this-is-a-dns.domain.com/key-with-dash', 'exists')],
    [
      '0.1.2.domain/99 notin (10.10.100.1, tick.tack.clock)',
      requirement('0.1.2.domain/99', 'notin', '10.10.100.1', 'tick.tack.clock'),
    ],
    ['foo  in\t (abc)', requirement('foo', 'in', 'abc')],
    ['x notin\n (abc)', requirement('x', 'notin', 'abc')],
    ['x in (abc,)', requirement('x', 'in', '', 'abc')],
    ['x in ()', requirement('x', 'in', '')],
    ['x notin ( )', requirement('x', 'notin', '')],
    ['x notin (, a)', requirement('x', 'notin', '', 'a')],
    [
      'x in (foo,,baz),y,z notin ()',
      requirement('x', 'in', '', 'baz', 'foo'),
      requirement('y', 'exists'),
      requirement('z', 'notin', ''),
    ],
    ['x,y in (a)', requirement('x', 'exists'), requirement('y', 'in', 'a')],
    ['y in (a),x', requirement('x', 'exists'), requirement('y', 'in', 'a')],
    ['a in (x,y,notin, z,in)', requirement('a', 'in', 'in', 'notin', 'x', 'y', 'z')],
    ['notin=in', requirement('notin', '=', 'in')],
    ['x>1,z<5', requirement('x', '>', '1'), requirement('z', '<', '5')],
  ]
  for (const [text, ...expected] of table) assert.deepEqual(parseSelector(text), expected, JSON.stringify(text))
})

test('a malformed selector is refused with its place', () => {
  const table: [text: string, position: number, what: RegExp][] = [
    ['x=a||y=b', 3, /value 'a\|\|y' must be letters/],
    ['x==a==b', 5, /found '=='/],
    ['!x=a', 3, /found '='/],
    ['x<a', 3, /64-bit integer/],
    ['x>9223372036854775808', 3, /64-bit integer/],
    ['x>', 3, /64-bit integer/],
    [',x,y', 1, /found ','.*key/],
    ['x nott in (y)', 3, /found 'nott'.*operator/],
    ['a in (xyz),', 12, /found the end.*key/],
    ['a in (xyz)b notin ()', 11, /found 'b'/],
    ['a in (xyz abc)', 11, /found 'abc'.*','/],
    ['a notin(', 9, /found the end/],
    ['a in', 5, /found the end.*'\('/],
    ['a (', 3, /operator/],
    ['(', 1, /key/],
    ['!!x', 2, /found '!'/],
    ['a=b c', 5, /found 'c'/],
    ['é', 1, /key 'é' must be/],
    ['a/b/c', 1, /more than one '\/'/],
    ['/a', 1, /prefix/],
    ['Up.Case/a', 1, /prefix/],
    ['a/', 1, /must be letters/],
    [`${'a'.repeat(64)}=x`, 1, /longer than 63/],
    [`x=${'a'.repeat(64)}`, 3, /longer than 63/],
    [`${'a'.repeat(254)}/x`, 1, /253/],
    ['x\u00a0=y', 1, /must be letters/],
    ['x=-1', 3, /must be letters/],
  ]
  for (const [text, position, what] of table) {
    assert.throws(
      () => parseSelector(text),
      (error: unknown) => {
        assert.ok(error instanceof GatewayError, String(error))
        assert.equal(error.code, 'InvalidRequest')
        assert.equal(error.faults[0]?.where, '/query/labelSelector')
        assert.match(error.faults[0]?.what ?? '', what)
        assert.match(error.detail, new RegExp(`at character ${position}\\.$`))
        return true
      },
      JSON.stringify(text),
    )
  }
})

test('selectors match as in Kubernetes', () => {
  const table: [selector: string, labels: Record<string, string>, matches: boolean][] = [
    ['', { x: 'y' }, true],
    ['x=y', { x: 'y' }, true],
    ['x=y,z=w', { x: 'y', z: 'w' }, true],
    ['x!=y,z!=w', { x: 'z', z: 'a' }, true],
    ['notin=in', { notin: 'in' }, true],
    ['x', { x: 'z' }, true],
    ['!x', { y: 'z' }, true],
    ['x>1', { x: '2' }, true],
    ['x<1', { x: '0' }, true],
    ['x<1', { x: '-7' }, true],
    ['x=z', {}, false],
    ['x=y', { x: 'z' }, false],
    ['x=y,z=w', { x: 'w', z: 'w' }, false],
    ['x!=y,z!=w', { x: 'z', z: 'w' }, false],
    ['x', { y: 'z' }, false],
    ['!x', { x: 'z' }, false],
    ['x>1', { x: '0' }, false],
    ['x>1', { x: 'v2' }, false],
    ['x>1', {}, false],
    ['x<1', { x: '2' }, false],
    ['x>9007199254740992', { x: '9007199254740993' }, true],
    ['x in (foo),y notin (alpha)', { x: 'foo', y: 'baz' }, true],
    ['x in (foo),y in (alpha)', { x: 'foo', y: 'baz' }, false],
    ['x notin (),y', { y: '' }, true],
    ['!x,y', { y: '' }, true],
    ['x notin (),!y', { y: '' }, false],
    ['x in ()', { y: 'baz' }, false],
    ['x in ()', { x: '' }, true],
    ['tier!=frontend', {}, true],
    ['tier notin (frontend,backend)', {}, true],
    ['partition,environment notin (qa)', { partition: 'a' }, true],
    ['constructor', {}, false],
    ['!toString', {}, true],
  ]
  for (const [selector, labels, matches] of table) {
    assert.equal(matchesSelector(parseSelector(selector), labels), matches, `${selector} on ${JSON.stringify(labels)}`)
  }
  assert.equal(matchesSelector(parseSelector('!x')), true, 'an object without labels')
})

const word = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,4}[A-Za-z0-9])?$/)
const anyKey = fc.oneof(word, fc.constantFrom('in', 'notin', 'example.com/name'))
const anyValue = fc.oneof(word, fc.constantFrom('', 'in', 'notin'))
const requirements = (operators: Operator[], values: fc.Arbitrary<string[]>): fc.Arbitrary<Requirement> =>
  fc.record({ key: anyKey, operator: fc.constantFrom(...operators), values }, { noNullPrototype: true })
const anyRequirement = fc.oneof(
  requirements(['exists', '!'], fc.constant([])),
  requirements(['=', '==', '!='], fc.tuple(anyValue)),
  requirements(['>', '<'], fc.tuple(fc.nat().map(String))),
  requirements(
    ['in', 'notin'],
    fc.uniqueArray(anyValue, { minLength: 1, maxLength: 4 }).map(values => values.sort()),
  ),
)

test('parsing what was printed gives the selector again', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyRequirement, { selector: ({ key }) => key, maxLength: 5 }), found => {
      const selector = found.sort((a, b) => (a.key < b.key ? -1 : 1))
      assert.deepEqual(parseSelector(printSelector(selector)), selector)
    }),
  )
})

test('no input makes the parser fail otherwise than with a refusal', () => {
  const pieces = fc.constantFrom(
    'a',
    'in',
    'notin',
    '1',
    '=',
    '==',
    '!=',
    '!',
    '(',
    ')',
    ',',
    ' ',
    '>',
    '<',
    '\0',
    '\n',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces).map(found => found.join('')),
        fc.string(),
      ),
      text => {
        try {
          const selector = parseSelector(text)
          assert.deepEqual(parseSelector(printSelector(selector)), selector)
        } catch (error) {
          assert.ok(error instanceof GatewayError && error.code === 'InvalidRequest', String(error))
        }
      },
    ),
    { numRuns: 1000 },
  )
})
