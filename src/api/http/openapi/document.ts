type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

/**
 * Finishes what @fastify/swagger makes of the routes: components as they are in JSON Schema 2020-12 (which keeps
 * `patternProperties`), enumerations as `enum`, examples of resources and bodies, bodies that are optional, and
 * answers that several operations give once.
 */
export function completeDocument(
  document: object,
  schemas: Record<string, unknown>,
  examplesOf: Record<string, unknown>,
): object {
  const made = plain(document)
  const components = objectAt(made, 'components')
  const named: JsonObject = {}
  for (const [id, schema] of Object.entries(schemas)) {
    const example = examplesOf[id]
    named[id] = rewrite(plain({ ...(example ? { examples: [example] } : {}), ...Object(schema) }))
  }
  components.schemas = named
  const paths = objectAt(made, 'paths')
  const responses: JsonObject = {}
  for (const path of Object.values(paths)) {
    if (!isObject(path)) continue
    for (const operation of Object.values(path)) {
      if (!isObject(operation)) continue
      completeBody(operation, named)
      nameHeaders(operation)
      shareAnswers(objectAt(operation, 'responses'), responses)
    }
  }
  return { ...made, paths: rewrite(paths), components: { ...components, responses: rewrite(responses) } }
}

/** Header names as people write them; the routes know them as Node.js has them. */
function nameHeaders({ parameters }: JsonObject) {
  for (const parameter of Array.isArray(parameters) ? parameters : []) {
    if (!isObject(parameter) || parameter.in !== 'header' || typeof parameter.name !== 'string') continue
    parameter.name = parameter.name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase()).replace(/-Id$/, '-ID')
  }
}

/** Answers that name a component are described once: `Accepted`, `NotFound`. */
function shareAnswers(answers: JsonObject, shared: JsonObject) {
  for (const [status, answer] of Object.entries(answers)) {
    if (!isObject(answer)) continue
    for (const media of Object.values(objectAt(answer, 'content'))) {
      const name = isObject(media) ? media['x-component'] : undefined
      if (!isObject(media) || typeof name !== 'string') continue
      delete media['x-component']
      shared[name] = answer
      answers[status] = { $ref: `#/components/responses/${name}` }
    }
  }
}

function completeBody(operation: JsonObject, named: JsonObject) {
  const optional = operation['x-body-optional'] === true
  delete operation['x-body-optional']
  const { requestBody } = operation
  if (!isObject(requestBody)) return
  if (optional) requestBody.required = false
  for (const media of Object.values(objectAt(requestBody, 'content'))) {
    if (!isObject(media)) continue
    const { $ref } = objectAt(media, 'schema')
    const schema = typeof $ref === 'string' ? named[$ref.replace('#/components/schemas/', '')] : undefined
    const examples = isObject(schema) && Array.isArray(schema.examples) ? schema.examples : []
    if (examples.length === 0) continue
    media.examples = Object.fromEntries(examples.map((value, index) => [`example${index + 1}`, { value }]))
  }
}

/** References into the components, unions of constants as enumerations, no `$id`s. */
function rewrite(value: Json): Json {
  if (Array.isArray(value)) return value.map(rewrite)
  if (!isObject(value)) return value
  const made: JsonObject = {}
  for (const [key, member] of Object.entries(value)) {
    if (key === 'examples' || key === 'example') made[key] = member
    else if (key === '$ref' && typeof member === 'string') made[key] = reference(member)
    else if (key !== '$id') made[key] = rewrite(member)
  }
  const constants = constantsOf(made.anyOf)
  if (!constants) return made
  const { anyOf: _union, ...rest } = made
  return { type: 'string', enum: constants, ...rest }
}

function reference(to: string): string {
  return to.startsWith('#/') ? to : `#/components/schemas/${to.replace('#', '')}`
}

function constantsOf(union: Json | undefined): string[] | undefined {
  if (!Array.isArray(union)) return undefined
  const constants = union.map(branch => (isObject(branch) ? branch.const : undefined))
  return constants.every(constant => typeof constant === 'string') ? constants : undefined
}

function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value))
}

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key]
  return isObject(value) ? value : {}
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
