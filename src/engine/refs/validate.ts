import { isGitHash, type Kind, parseKey } from './names.ts'
import {
  type App,
  type Bodies,
  type Component,
  type ConfigBody,
  componentTypes,
  type EnvironmentBody,
  routeTypes,
  type SystemBody,
  variableTypes,
} from './schema.ts'
import type { Place, Rule, Violation } from './violations.ts'

/** Collects what breaks rules; of one value, the first rule that it breaks. */
interface Check {
  readonly found: Violation[]
  text(path: Place[], value: string | undefined, rules: TextRule[]): void
}

type TextRule = 'required' | { rule: Rule; holds(value: string): boolean; expected?: string }

function createCheck(): Check {
  const found: Violation[] = []
  return {
    found,
    text(path, value = '', rules) {
      for (const each of rules) {
        if (each === 'required') {
          if (value !== '') continue
          found.push({ path, rule: 'required', value })
          return
        }
        if (value === '' || each.holds(value)) continue
        found.push({
          path,
          rule: each.rule,
          value,
          ...(each.expected === undefined ? {} : { expected: each.expected }),
        })
        return
      }
    },
  }
}

const oneOf = (words: readonly string[]): TextRule => ({
  rule: 'oneof',
  holds: value => words.includes(value),
  expected: words.join(' '),
})
const gitHash: TextRule = { rule: 'gitHash', holds: isGitHash }
const uri: TextRule = { rule: 'uri', holds: value => URL.canParse(value) }
/** The tag is the short hash of the component's commit. */
const componentImage: TextRule = { rule: 'componentImage', holds: value => /^[^\s]*:[a-z0-9-]{7}$/.test(value) }

/** A key of a resource, as far as its form goes. */
export function refRule(kind: Kind): TextRule {
  return { rule: `${kind}Ref`, holds: value => parseKey(kind, value) !== undefined }
}

/** What of an object breaks the rules of its kind, in the order of its fields. */
export const violationsOf: { [K in Kind]: (body: Bodies[K]) => Violation[] } = {
  config({ components = {} }: ConfigBody) {
    const check = createCheck()
    for (const [key, { type }] of Object.entries(components))
      check.text(['components', { key }, 'type'], type, ['required', oneOf(componentTypes)])
    return check.found
  },
  environment({ inherits, config }: EnvironmentBody) {
    const check = createCheck()
    check.text(['inherits'], inherits, [refRule('environment')])
    check.text(['config'], config, [refRule('config')])
    return check.found
  },
  system({ gitRepo, gitHash: hash, gitRef, apps = {} }: SystemBody) {
    const check = createCheck()
    check.text(['gitRepo'], gitRepo, ['required', uri])
    check.text(['gitHash'], hash, ['required', gitHash])
    check.text(['gitRef'], gitRef, ['required'])
    for (const [key, app] of Object.entries(apps)) checkApp(check, ['apps', { key }], app)
    return check.found
  },
}

function checkApp(check: Check, at: Place[], { gitHash: hash, vars, components = {} }: App): void {
  check.text([...at, 'gitHash'], hash, ['required', gitHash])
  for (const [key, { type }] of Object.entries(vars?.properties ?? {}))
    check.text([...at, 'vars', 'properties', { key }, 'type'], type, ['required', oneOf(variableTypes)])
  for (const [key, component] of Object.entries(components))
    checkComponent(check, [...at, 'components', { key }], component)
}

function checkComponent(check: Check, at: Place[], { type, gitHash: hash, image, routes = [] }: Component): void {
  check.text([...at, 'type'], type, ['required', oneOf(componentTypes)])
  check.text([...at, 'gitHash'], hash, ['required', gitHash])
  check.text([...at, 'image'], image, ['required', componentImage])
  for (const [index, route] of routes.entries())
    check.text([...at, 'routes', index, 'type'], route.type, ['required', oneOf(routeTypes)])
}

/** What of a release's or deployment's keys breaks a rule. */
export function keyViolations(keys: { system?: string | undefined; environment?: string | undefined }): Violation[] {
  const check = createCheck()
  for (const field of ['system', 'environment'] as const)
    if (field in keys) check.text([field], keys[field], ['required', refRule(field)])
  return check.found
}
