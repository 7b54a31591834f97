import { GatewayError } from '../../../errors.ts'

/** Throws one error over all that failed, with the code of the first; nothing where nothing did. */
export function throwFailures(reasons: unknown[]): void {
  const [first, ...others] = reasons
  if (first === undefined) return
  if (others.length === 0 || !(first instanceof GatewayError)) throw first
  const unforeseen = others.find(reason => !(reason instanceof GatewayError))
  if (unforeseen !== undefined) throw unforeseen
  const details = reasons.map(reason => (reason instanceof GatewayError ? wordsOf(reason) : ''))
  throw new GatewayError(first.code, details.slice(0, 8).join('; '))
}

function wordsOf({ detail, faults }: GatewayError): string {
  return [detail, ...faults.map(({ what }) => what)].join(': ')
}
