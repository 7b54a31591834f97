import { KubernetesError } from '../../kubernetes/errors.ts'

/** Of Kubernetes' label selectors those without sets: `a=b,c!=d,e,!f`. Rejects others as an API server does bad ones. */
export function labelMatcher(selector: string): (labels: Record<string, string>) => boolean {
  const requirements = selector.split(',').filter(part => part.trim() !== '')
  const tests = requirements.map(part => {
    const parsed = /^\s*(!?)\s*([\w./-]+)\s*(?:(!?=|==)\s*([\w.-]*)\s*)?$/.exec(part)
    const [, not, key, operator, value = ''] = parsed ?? []
    if (key === undefined || (not === '!' && operator !== undefined)) throw unsupported(selector)
    if (operator === undefined) return (labels: Record<string, string>) => (labels[key] === undefined) === (not === '!')
    return (labels: Record<string, string>) => (labels[key] === value) === (operator !== '!=')
  })
  return labels => tests.every(test => test(labels))
}

function unsupported(selector: string): KubernetesError {
  const message = `the simulated API server does not understand the label selector ${selector}`
  return new KubernetesError({ status: 400, reason: 'BadRequest', message })
}
