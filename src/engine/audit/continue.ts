import { GatewayError } from '../../errors.ts'

/** Where the next page begins. */
export interface Continuation {
  /** The first page's resourceVersion. */
  version: string
  /** The greatest `seq` on it. */
  upTo: number
}

export function continueToken({ version, upTo }: Continuation): string {
  return Buffer.from(`${version} ${upTo}`).toString('base64url')
}

/** @throws {GatewayError} InvalidRequest for what is no token of ours. */
export function readContinue(token: string): Continuation {
  const [, version, upTo] = /^(\d{1,20}) (\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (version !== undefined && upTo !== undefined) return { version, upTo: Number(upTo) }
  throw new GatewayError('InvalidRequest', 'The continue token is not one that a list gave.', {
    faults: [{ where: '/query/continue', what: 'must be the metadata.continue of the page before' }],
  })
}
