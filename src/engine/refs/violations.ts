import { GatewayError } from '../../errors.ts'

/** A rule that a value does not keep. */
export type Rule =
  | 'required'
  | 'oneof'
  | 'uri'
  | 'gitHash'
  | 'componentImage'
  | 'configRef'
  | 'environmentRef'
  | 'systemRef'
  | 'componentName'
  | 'variableName'
  | 'match'
  | 'schedule'

export type Place = string | number | { key: string }

/** One value of an object that breaks a rule. */
export interface Violation {
  /** Where it is, from the object down: fields, indexes of lists, keys of maps. */
  path: Place[]
  rule: Rule
  value: unknown
  /** What the rule asks for, where it has a parameter or a reason. */
  expected?: string
}

/** An object that is well-formed and breaks rules. `path` is what it was to become. */
export class ObjectInvalid extends GatewayError {
  readonly violations: readonly Violation[]
  /** `config`, `release`: the object that the violations are in. */
  readonly of: string

  constructor(of: string, path: string, violations: readonly Violation[]) {
    super('InvalidRequest', `${path} is invalid`, {
      faults: violations.map(({ path: at, rule, expected }) => ({
        where: `/body/${at.map(place => (typeof place === 'object' ? place.key : place)).join('/')}`,
        what: expected === undefined ? rule : `${rule}: ${expected}`,
      })),
    })
    this.of = of
    this.violations = violations
  }
}
