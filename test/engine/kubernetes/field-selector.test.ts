import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldMatcher } from '../../../src/engine/kubernetes/field-selector.ts'
import { refused } from '../../support/engine-on-simulated.ts'

const fields = { 'metadata.name': (of: { name: string }) => of.name, 'spec.nodeName': () => 'n1' }

test('=, == and != select, and all terms must hold', () => {
  const matches = (text: string) => fieldMatcher(text, fields)?.({ name: 'web' })
  assert.equal(matches(''), undefined)
  assert.equal(matches('metadata.name=web'), true)
  assert.equal(matches('metadata.name==web,spec.nodeName!=n2'), true)
  assert.equal(matches('metadata.name!=web'), false)
  assert.equal(matches('metadata.name=web,spec.nodeName=n2'), false)
})

test('an unknown field is refused, and the known ones are named', () => {
  assert.throws(() => fieldMatcher('spec.x=1', fields), refused('InvalidRequest', /metadata\.name, spec\.nodeName/))
  for (const text of ['metadata.name', 'toString=1', 'metadata.name=a=b', 'metadata.name=a\\'])
    assert.throws(() => fieldMatcher(text, fields), refused('InvalidRequest'), text)
})

test('property: any value is found by its escaped text', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (name, other) => {
      const escaped = name.replace(/[\\,=]/g, '\\$&')
      const matches = fieldMatcher(`metadata.name=${escaped}`, fields)
      assert.equal(matches?.({ name }), true)
      assert.equal(matches?.({ name: other }), name === other)
    }),
  )
})
