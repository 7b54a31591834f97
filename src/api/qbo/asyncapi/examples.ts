import { STATUS_CODES } from 'node:http'
import type { TObject } from '@sinclair/typebox'
import { type Kind, messages } from '../messages/messages.ts'

/** An example of a message, as AsyncAPI has it. */
export interface MessageExample {
  name: string
  summary: string
  payload: object
}

const uuid = 'de66b27a-74f5-4413-b86d-1f9c25cd7007'
const user = 'qbot@qbo.io'
const clusterId = '718bef86-7dfe-46c0-bf4e-3dfea83c6c28'
const deleteLine = 'qbo del node node-4ba3bc48'
const addLine = 'qbo add cluster alex -i hub.docker.com/kindest/node:v1.27.2'
const done = { command: 'CMD_DONE', subcommand: 'SUBCMD_DONE', apicommand: 'APICMD_DONE', callback: '' }

const node = (name: string, id: string, address: string, state = 'ready') => ({
  name,
  id,
  image: 'kindest/node:v1.27.2',
  cluster: 'alex',
  state,
  address,
  os: 'Debian GNU/Linux 11 (bullseye)',
  kernel: '6.3.5-200.fc38.x86_64',
  user,
  cluster_id: clusterId,
})
const control = node(
  'control-f5047fd5.localhost',
  '98650026d1dff267006d4ae520ff096ec4ac4a051de33abc5f805674337e22db',
  '172.18.0.3',
)
const worker = node(
  'node-4ba3bc48.localhost',
  '0a3ee392e35304e5c30ef3b0d195aa138e62b10742ca9f626ee4e614b611ad7f',
  '172.18.0.6',
)

/** Examples by data key, after the samples that are published of QBO; what has none here gets one made of its schema. */
const published: Partial<Record<Kind, MessageExample[]>> = {
  nodes: [
    example('list', 'The nodes of a cluster', 'nodes', [control, worker]),
    example('deleted', 'A node that is gone', 'nodes', [{ ...worker, state: 'deleted' }], {
      command_line: deleteLine,
      command: 'CMD_DEL',
    }),
  ],
  networks: [
    example(
      'list',
      'The networks',
      'networks',
      [{ name: 'alex', id: clusterId, subnet: '172.18.0.0/24', state: 'ready', user }],
      { command_line: 'qbo get networks --all', subcommand: 'SUBCMD_NETWORK' },
    ),
  ],
  images: [
    example(
      'list',
      'The images',
      'images',
      ['v1.27.2', 'v1.27.1', 'v1.27.0'].map(tag => ({
        name: `hub.docker.com/kindest/node:${tag}`,
        registry: 'hub.docker.com',
        user: 'kindest',
        repository: '',
        image: 'node',
        tag,
      })),
      { command_line: 'qbo get images', subcommand: 'SUBCMD_IMAGE', apicommand: 'APICMD_REGISTRY_AUTH' },
    ),
  ],
  input: [example('accepted', 'A command is accepted', 'input', [{ message: 'command accepted' }], { code: 202 })],
  output: [
    example('started', 'A thread has started', 'output', [{ message: "thread '140279387227904' started" }], {
      code: 201,
    }),
    example(
      'progress',
      'How far long work is',
      'output',
      [{ message: '3 of 7: joining 2 workers', step: 3, steps: 7 }],
      {
        command_line: addLine,
        command: 'CMD_ADD',
        subcommand: 'SUBCMD_CLUSTER',
      },
    ),
    example('done', 'A command has ended', 'output', [{ message: 'thread 140279387227904 terminated in 72.492161s' }], {
      command_line: addLine,
      ...done,
    }),
    example('failed', 'A command has failed', 'output', [{ message: 'there is no cluster "nobody"' }], {
      code: 404,
      command_line: 'qbo stop cluster nobody',
      ...done,
    }),
  ],
}

export function examplesOf(key: Kind): MessageExample[] {
  return published[key] ?? [example('list', messages[key].description ?? '', key, [firstExamples(elementOf(key))])]
}

/** A message in the order in which it is sent. */
function example(
  name: string,
  summary: string,
  key: Kind,
  elements: object[],
  { code = 200, ...others }: { code?: number; [member: string]: unknown } = {},
): MessageExample {
  const { callback: _only, [key]: _data, ...envelope } = firstExamples(messages[key])
  const members = { [key]: elements, ...envelope, user, status: STATUS_CODES[code], code, uuid, ...others }
  const order = Object.keys(messages[key].properties)
  const sorted = Object.entries(members).toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b))
  return { name, summary, payload: Object.fromEntries(sorted) }
}

function elementOf(key: Kind): TObject {
  return messages[key].properties[key]?.items
}

/** An object of the first example of each of a schema's properties. */
function firstExamples(schema: TObject): Record<string, unknown> {
  const entries = Object.entries(schema.properties).flatMap(([name, property]) => {
    if (property.type === 'object') return [[name, firstExamples(Object(property))] as const]
    const value: unknown = property.examples?.[0] ?? property.enum?.[1] ?? property.const
    return schema.required?.includes(name) || value !== undefined ? [[name, value] as const] : []
  })
  return Object.fromEntries(
    entries.filter(([name]) => name !== 'status' || schema.properties.status?.const === undefined),
  )
}
