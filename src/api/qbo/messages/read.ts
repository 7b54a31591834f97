import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import { GatewayError } from '../../../errors.ts'
import { faultsOf } from '../../http/faults.ts'
import { parseJson } from '../../http/json.ts'
import { type Request, requestSchema } from './request.schema.ts'

/** What came in a message: a request, or what is wrong with it, beside what it tells of itself. */
export type Read = { request: Request } | Refusal

export interface Refusal {
  code: 400 | 415
  message: string
  line: string
  uuid: string
}

/** Stands for a uuid that was not given. */
export const noUuid = '00000000-0000-0000-0000-000000000000'

/** What is quoted in an answer of a line that was not taken, in characters. */
const longestQuote = 256

export function createReader(): (data: Buffer, binary: boolean) => Read {
  const ajv = new Ajv({ allErrors: true, verbose: true })
  ajvFormats.default(ajv)
  const isRequest = ajv.compile<Request>(requestSchema)
  const isUuid = ajv.compile<string>(requestSchema.properties.uuid)

  function refuse(message: string, value: unknown): Refusal {
    const cmd = memberOf(value, 'cmd')
    const uuid = memberOf(value, 'uuid')
    return {
      code: 400,
      message,
      line: typeof cmd === 'string' ? cmd.slice(0, longestQuote) : '',
      uuid: isUuid(uuid) ? uuid : noUuid,
    }
  }

  return (data, binary) => {
    if (binary) return { code: 415, message: 'send commands as text messages', line: '', uuid: noUuid }
    let value: unknown
    try {
      value = parseJson(data)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return refuse(`the message is not JSON as it must be: ${error.faults[0]?.what ?? error.detail}`, undefined)
    }
    if (isRequest(value)) return { request: value }
    const faults = faultsOf(isRequest.errors ?? [], 'message').map(({ where, what }) => `${where}: ${what}`)
    return refuse(faults.slice(0, 3).join('; '), value)
  }
}

function memberOf(value: unknown, key: 'cmd' | 'uuid'): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined
}
