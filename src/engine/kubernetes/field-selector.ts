import { type Fault, GatewayError } from '../../errors.ts'

/** The fields of a kind that can be selected by. */
export type SelectableFields<T> = Record<string, (object: Readonly<T>) => string>

/**
 * Kubernetes' field selectors: `spec.nodeName=a,status.phase!=Running`, with `=`, `==` and `!=`; a backslash escapes a
 * comma, an equals sign or another. https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 * @throws {GatewayError} InvalidRequest that names the fields there are.
 */
export function fieldMatcher<T>(
  text: string,
  fields: SelectableFields<T>,
): ((object: Readonly<T>) => boolean) | undefined {
  const terms = splitTerms(text).filter(term => term !== '')
  if (terms.length === 0) return undefined
  const tests = terms.map(term => {
    const [, name = '', operator = '', value = ''] = /^([^=!]*)(!=|==|=)(.*)$/s.exec(term) ?? []
    if (operator === '') throw refused(term, 'needs =, == or !=')
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!read) throw refused(term, `names no field to select by; there are ${Object.keys(fields).join(', ')}`)
    const wanted = unescaped(term, value)
    return (object: Readonly<T>) => (read(object) === wanted) === (operator !== '!=')
  })
  return object => tests.every(test => test(object))
}

/** At the commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  return text.match(/(?:[^,\\]|\\.|\\$)+/gs) ?? []
}

function unescaped(term: string, value: string): string {
  if (!/^(?:[^\\,=]|\\[\\,=])*$/s.test(value))
    throw refused(term, 'has a value in which a backslash or an equals sign is not escaped by a backslash')
  return value.replace(/\\(.)/gs, '$1')
}

function refused(term: string, what: string): GatewayError {
  const fault: Fault = { where: '/query/fieldSelector', what: `${JSON.stringify(term)} ${what}` }
  return new GatewayError('InvalidRequest', `The field selector is not valid: ${fault.what}.`, { faults: [fault] })
}
