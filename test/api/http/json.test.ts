import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson, requireStorable } from '../../../src/api/http/json.ts'
import { GatewayError } from '../../../src/errors.ts'

const faultsOf = (text: string) => {
  try {
    parseJson(Buffer.from(text))
  } catch (error) {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.code, 'InvalidRequest')
    return error.faults
  }
  return undefined
}

test('JSON is parsed as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json(), fc.boolean(), (json, spaced) => {
      const value: unknown = JSON.parse(json)
      const text = spaced ? JSON.stringify(value, null, 2) : JSON.stringify(value)
      assert.deepEqual(parseJson(Buffer.from(text)), value)
    }),
  )
})

test('a key that an object has twice is found, wherever it is and however it is written', () => {
  const key = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(fc.array(key, { maxLength: 4 }), key, fc.json(), fc.json(), (path, name, one, other) => {
      const twice = `{${JSON.stringify(name)} :${one},"other":${one}, ${escaped(name)}:${other}}`
      const text = path.reduceRight((inner, step) => `[0,{${JSON.stringify(step)}:${inner}}]`, twice)
      if (name !== 'other') assert.equal(faultsOf(text)?.length, 1)
    }),
  )
})

for (const [text, where] of [
  ['{"a":1,"a":1}', ['/body/a']],
  ['{"a":{"b":1,"c":[{},{"d":1,"d":2}]}}', ['/body/a/c/1/d']],
  ['[1,[2,{"x":1,"y":",","x":1}]]', ['/body/1/1/x']],
  ['{"a":1,"\\u0061":2}', ['/body/a']],
  ['{"a/b":1,"a/b":2,"~":1,"~":2}', ['/body/a~1b', '/body/~0']],
] as const) {
  test(`in ${text} it is ${where}`, () => {
    assert.deepEqual(
      faultsOf(text)?.map(fault => fault.where),
      where,
    )
  })
}

for (const text of ['{"a":{"b":1},"b":1}', '[{"a":1},{"a":1}]', '{"a":"\\"a\\":1","b":"a"}', '{"a":["a","a"]}']) {
  test(`${text} has every key once`, () => {
    assert.equal(faultsOf(text), undefined)
  })
}

for (const [text, ...where] of [
  ['{"a":"x\\u0000"}', '/body/a'],
  ['{"a":[1,{"b/c":"\\ud800"}]}', '/body/a/1/b~1c'],
  ['{"a":"\\uDC00\\uD800"}', '/body/a'],
  ['{"\\u0000":1}', '/body'],
  ['{"a":"\\ud83d\\ude00","b":"\\\\u0000"}'],
] as const) {
  test(`of ${text} the database cannot hold ${where.join() || 'nothing'}`, () => {
    const found: string[] = []
    try {
      requireStorable(Buffer.from(text), parseJson(Buffer.from(text)))
    } catch (error) {
      assert.ok(error instanceof GatewayError)
      found.push(...error.faults.map(fault => fault.where))
    }
    assert.deepEqual(found, where)
  })
}

test('what is not JSON is refused, saying what was found', () => {
  assert.match(faultsOf('{"a": tru}')?.[0]?.what ?? '', /Unexpected token '}'/)
  assert.match(faultsOf('{"a":')?.[0]?.what ?? '', /Unexpected end/)
})

test('deep nesting does not overflow the stack', () => {
  const depth = 200_000
  assert.ok(Array.isArray(parseJson(Buffer.from('['.repeat(depth) + ']'.repeat(depth)))))
})

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
  return `"${units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}
