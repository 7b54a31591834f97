import { readFileSync } from 'node:fs'
import type { TSchema } from '@sinclair/typebox'
import { stringify } from 'yaml'
import { overview } from '../grammar/help.ts'
import { commands } from '../grammar/table.ts'
import { verbs } from '../grammar/vocabulary.ts'
import { type Kind, messages } from '../messages/messages.ts'
import { requestSchema } from '../messages/request.schema.ts'
import { examplesOf, type MessageExample } from './examples.ts'
import { credentials, description, title } from './text.ts'

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
)

/** A message as the documents describe it. */
export interface DescribedMessage {
  name: string
  title: string
  summary: string
  contentType: 'application/json'
  payload: TSchema
  examples: MessageExample[]
}

const exampleUuid = '66fac858-a271-49cf-bad0-fdd9ff0b4787'

/** What clients send: a message for each verb. */
export function requestMessages(): DescribedMessage[] {
  return verbs.map(verb => {
    const lines = commands.filter(spec => spec.verb === verb.name).flatMap(spec => spec.examples)
    const { $id: _id, ...payload } = requestSchema
    const cmd = { ...payload.properties.cmd, description: `\n${overview(verb.name)}`, examples: lines }
    return {
      name: verb.name,
      title: verb.name,
      summary: verb.summary,
      contentType: 'application/json',
      payload: { ...payload, properties: { ...payload.properties, cmd } },
      examples: lines.map((line, index) => ({
        name: `${verb.name}${index + 1}`,
        summary: line,
        payload: { cmd: line, uuid: exampleUuid },
      })),
    }
  })
}

/** What the gateway sends, named as QBO's document names it. */
export function answerMessages(): DescribedMessage[] {
  return Object.entries(messages).map(([key, schema]) => {
    const { $id: _id, ...payload } = schema
    return {
      name: `_${key}`,
      title: key,
      summary: schema.description ?? '',
      contentType: 'application/json',
      payload,
      examples: keys.filter(kind => kind === key).flatMap(examplesOf),
    }
  })
}

const keys: Kind[] = Object.values(messages).flatMap(schema => kindsNamed(schema.$id))

function kindsNamed(name: string | undefined): Kind[] {
  return isKind(name) ? [name] : []
}

function isKind(name: string | undefined): name is Kind {
  return name !== undefined && Object.hasOwn(messages, name)
}

const info = {
  title,
  version,
  description,
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
}
const securitySchemes = {
  qbo_uid: { type: 'httpApiKey', name: 'qbo_uid', in: 'cookie', description: credentials.qbo_uid },
  qbo_aux: { type: 'httpApiKey', name: 'qbo_aux', in: 'cookie', description: credentials.qbo_aux },
  bearer: { type: 'http', scheme: 'bearer', description: credentials.bearer },
}
const bindings = {
  ws: {
    method: 'GET',
    query: {
      type: 'object',
      properties: {
        mirror: { type: 'string', format: 'uuid', description: "The mirror to join, instead of the user's own" },
      },
    },
    bindingVersion: '0.1.0',
  },
}

const all = () => [...requestMessages(), ...answerMessages()]
const named = (described: DescribedMessage[]) => Object.fromEntries(described.map(message => [message.name, message]))
const refs = (described: DescribedMessage[], to: string) => described.map(({ name }) => ({ $ref: `${to}/${name}` }))

/** The AsyncAPI 3.0 document: what the gateway receives and sends. */
export function asyncapi3(): object {
  const channel = '#/channels/qbo/messages'
  return plain({
    asyncapi: '3.0.0',
    id: 'urn:kindgate:qbo',
    info,
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host: 'localhost:9601',
        protocol: 'ws',
        description: 'A gateway; `wss` where it serves TLS',
        security: Object.keys(securitySchemes).map(name => ({ $ref: `#/components/securitySchemes/${name}` })),
      },
    },
    channels: {
      qbo: {
        address: '/qbo',
        description: 'Commands in, answers out',
        messages: Object.fromEntries(all().map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])),
        bindings,
      },
    },
    operations: {
      qboCommandInput: {
        action: 'receive',
        summary: 'Takes commands',
        channel: { $ref: '#/channels/qbo' },
        messages: refs(requestMessages(), channel),
      },
      qboCommandOutput: {
        action: 'send',
        summary: 'Answers them',
        channel: { $ref: '#/channels/qbo' },
        messages: refs(answerMessages(), channel),
      },
    },
    components: { messages: named(all()), securitySchemes },
  })
}

/** The same in AsyncAPI 2.6, which QBO's own document is in. */
export function asyncapi26(): object {
  const components = '#/components/messages'
  return plain({
    asyncapi: '2.6.0',
    id: 'urn:kindgate:qbo',
    info,
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        url: 'localhost:9601',
        protocol: 'ws',
        description: 'A gateway; `wss` where it serves TLS',
        security: Object.keys(securitySchemes).map(name => ({ [name]: [] })),
      },
    },
    channels: {
      '/qbo': {
        description: 'Commands in, answers out',
        publish: {
          operationId: 'qboCommandInput',
          summary: 'Send a command',
          message: { oneOf: refs(requestMessages(), components) },
        },
        subscribe: {
          operationId: 'qboCommandOutput',
          summary: 'Receive answers',
          message: { oneOf: refs(answerMessages(), components) },
        },
        bindings,
      },
    },
    components: {
      messages: Object.fromEntries(all().map(message => [message.name, { messageId: message.name, ...message }])),
      securitySchemes,
    },
  })
}

/** A document as it is committed and served. */
export function yamlOf(document: object): string {
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 })
}

function plain(value: object): object {
  return JSON.parse(JSON.stringify(value))
}
