import { type CallName, type Match, MatchError, parseMatch } from './match.ts'

/** One rule of a Kubernetes Ingress. */
export interface IngressRule {
  /** Null: every host. */
  host: string | null
  path: string
  pathType: 'Exact' | 'Prefix'
}

type Call = { name: CallName; texts: string[] }
/** Calls that have to hold together. */
type Conjunction = Call[]

/** Enough for any route that people write; && over || multiplies. */
const mostRules = 64
// As Kubernetes takes them (networking: validateIngressRules, ValidatePathNoBacktracking).
const host = /^(?=.{1,253}$)(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/
const path = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$/
const backtracking = /\/\/|\/\.\.?(\/|$)|%2f/i

/**
 * The Ingress rules that say the same as a match. Prefixes are of whole path segments, as Kubernetes has them. Throws
 * MatchError for what is no match, and for what an Ingress cannot express: Method, `!`, arguments in a path, or a match
 * that nothing can fulfil.
 */
export function ingressRules(source: string): IngressRule[] {
  const rules = conjunctionsOf(parseMatch(source)).flatMap(rulesOf)
  if (rules.length === 0) throw new MatchError('can never hold')
  if (rules.length > mostRules) throw new MatchError(`comes to more than ${mostRules} rules`)
  const distinct = new Map(rules.map(rule => [JSON.stringify(rule), rule]))
  return [...distinct.values()]
}

/** Disjunctive normal form. */
function conjunctionsOf(match: Match): Conjunction[] {
  switch (match.kind) {
    case 'call':
      return match.texts.map(text => [{ name: match.name, texts: [text] }])
    case 'not':
      throw new MatchError('! cannot be expressed by a Kubernetes Ingress')
    case 'or':
      return bounded(match.of.flatMap(conjunctionsOf))
    case 'and':
      return match.of
        .map(conjunctionsOf)
        .reduce<Conjunction[]>(
          (all, next) => bounded(all.flatMap(left => next.map(right => [...left, ...right]))),
          [[]],
        )
  }
}

function bounded(conjunctions: Conjunction[]): Conjunction[] {
  if (conjunctions.length > mostRules) throw new MatchError(`comes to more than ${mostRules} rules`)
  return conjunctions
}

/** The one rule of a conjunction, or none when its calls exclude each other. */
function rulesOf(calls: Conjunction): IngressRule[] {
  let rule: IngressRule = { host: null, path: '/', pathType: 'Prefix' }
  for (const { name, texts } of calls) {
    const next = narrowed(rule, name, texts[0] ?? '')
    if (next === undefined) return []
    rule = next
  }
  return [rule]
}

function narrowed(rule: IngressRule, name: CallName, text: string): IngressRule | undefined {
  switch (name) {
    case 'Method':
      throw new MatchError('Method cannot be expressed by a Kubernetes Ingress')
    case 'Host': {
      const wanted = text.toLowerCase()
      if (!host.test(wanted)) throw new MatchError(`${JSON.stringify(text)} is not a host`)
      return rule.host === null || rule.host === wanted ? { ...rule, host: wanted } : undefined
    }
    case 'Path':
      return meet(rule, { path: checkedPath(text), pathType: 'Exact' })
    case 'PathPrefix':
      return meet(rule, { path: checkedPath(text), pathType: 'Prefix' })
  }
}

function checkedPath(text: string): string {
  if (/[{}]/.test(text))
    throw new MatchError(`arguments in a path (${text}) cannot be expressed by a Kubernetes Ingress`)
  if (!path.test(text) || backtracking.test(text)) throw new MatchError(`${JSON.stringify(text)} is not a path`)
  return text
}

/** What both paths hold for. */
function meet(rule: IngressRule, other: Pick<IngressRule, 'path' | 'pathType'>): IngressRule | undefined {
  if (covers(rule, other)) return { ...rule, ...other }
  return covers(other, rule) ? rule : undefined
}

type PathRule = Pick<IngressRule, 'path' | 'pathType'>

function covers(wide: PathRule, narrow: PathRule): boolean {
  if (wide.pathType === 'Exact') return narrow.pathType === 'Exact' && wide.path === narrow.path
  return isUnder(narrow.path, wide.path)
}

/** Whether a path is a prefix, or goes on from it with another segment. https://kubernetes.io/docs/concepts/services-networking/ingress/#path-types */
export function isUnder(path: string, prefix: string): boolean {
  const base = prefix.replace(/\/+$/, '')
  return path === base || path.startsWith(`${base}/`)
}
