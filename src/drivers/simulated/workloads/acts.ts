import type { Clock } from '../../../clock.ts'
import type { ClusterObjects, ObjectRef } from '../../kubernetes/access.ts'
import { KubernetesError } from '../../kubernetes/errors.ts'
import { type JsonObject, listAt, objectAt, textAt, textsAt } from '../../kubernetes/objects.ts'
import type { Acts } from '../acts.ts'
import { containerLog } from './log.ts'
import { mergePatch } from './objects.ts'
import { labelMatcher } from './selector.ts'
import type { Workloads } from './workloads.ts'

export interface ClusterObjectsOptions {
  acts: Acts
  clock: Clock
  /** The API server's workloads; throws TransportError while it does not answer. */
  answering(): Workloads
}

/** What the engine asks of a simulated API server. */
export function createClusterObjects({ acts, clock, answering }: ClusterObjectsOptions): ClusterObjects {
  const found = (workloads: Workloads, ref: ObjectRef) => {
    const object = workloads.objects.get(ref)
    if (!object)
      throw new KubernetesError({ status: 404, reason: 'NotFound', message: `${ref.kind} "${ref.name}" not found` })
    return object
  }

  return {
    async apply(objects, signal) {
      for (const object of objects) requireNamed(object)
      await acts.enterKubernetes('apply', textAt(objects[0], 'metadata', 'name'), signal)
      const workloads = answering()
      for (const object of objects) requireVariableNames(object)
      for (const object of objects.toSorted((a, b) => Number(isNamespace(b)) - Number(isNamespace(a)))) {
        const before = workloads.objects.get(refOf(object))
        const { status: _status, ...wanted } = object
        workloads.put(before ? { ...mergePatch(before, wanted), spec: specOf(before, wanted) } : wanted)
      }
    },

    async remove(ref, signal, { mustExist = false } = {}) {
      await acts.enterKubernetes('deleteObject', ref.name, signal)
      const workloads = answering()
      const object = mustExist ? found(workloads, ref) : workloads.objects.get(ref)
      if (object) workloads.remove(object)
    },

    async list(of, signal) {
      await acts.enterKubernetes('listObjects', of.kind, signal)
      const matches = labelMatcher(of.labelSelector ?? '')
      const name = /^metadata\.name=(.*)$/.exec(of.fieldSelector ?? '')?.[1]
      return answering()
        .objects.all(of)
        .filter(
          object =>
            matches(textsAt(object.metadata, 'labels')) && (name ?? object.metadata.name) === object.metadata.name,
        )
    },

    async patch(ref, patch, { subresource }, signal) {
      await acts.enterKubernetes('patch', ref.name, signal)
      const workloads = answering()
      const object = found(workloads, ref)
      const { status, ...others } = patch
      workloads.put(mergePatch(object, subresource === 'status' ? { status } : others))
    },

    async log(of, signal) {
      await acts.enterKubernetes('log', of.pod, signal)
      return containerLog(of, { objects: answering().objects, clock, signal })
    },
  }
}

/** Lists and what is left out come from the new one, as with server-side apply by the only manager of its fields. */
function specOf(before: JsonObject, wanted: JsonObject): JsonObject {
  const kept = ['clusterIP', 'clusterIPs', 'nodeName'].flatMap(key => {
    const value = objectAt(before, 'spec')[key]
    return value === undefined ? [] : [[key, value]]
  })
  return { ...Object.fromEntries(kept), ...objectAt(wanted, 'spec') }
}

function refOf(object: JsonObject): ObjectRef {
  const namespace = textAt(object, 'metadata', 'namespace')
  return {
    apiVersion: textAt(object, 'apiVersion'),
    kind: textAt(object, 'kind'),
    name: textAt(object, 'metadata', 'name'),
    ...(namespace === '' ? {} : { namespace }),
  }
}

function isNamespace(object: JsonObject): boolean {
  return textAt(object, 'kind') === 'Namespace'
}

/** One rule of Kubernetes that callers do not check beforehand: names of variables are printable ASCII without `=`. */
function requireVariableNames(object: JsonObject): void {
  const wrong = listAt(object, 'spec', 'template', 'spec', 'containers')
    .flatMap(container => listAt(container, 'env'))
    .map(variable => textAt(variable, 'name'))
    .find(name => !/^[ -<>-~]+$/.test(name))
  if (wrong === undefined) return
  const { kind, name } = refOf(object)
  const message = `${kind} "${name}" is invalid: spec.template.spec.containers.env.name: Invalid value: ${JSON.stringify(wrong)}`
  throw new KubernetesError({ status: 422, reason: 'Invalid', message })
}

function requireNamed(object: JsonObject): void {
  const { apiVersion, kind, name } = refOf(object)
  if (apiVersion === '' || kind === '' || name === '')
    throw new KubernetesError({ status: 422, reason: 'Invalid', message: 'an object needs apiVersion, kind and name' })
}
