/**
 * Every error the gateway can give. A surface renders them in its own shape: REST as RFC 9457 problem details, the
 * others in their envelopes. Code and status are part of the API; titles and details are for people.
 */
export const errorTable = {
  InvalidRequest: { status: 400, title: 'The request is not valid' },
  Unauthorized: { status: 401, title: 'A valid credential is needed' },
  InUse: { status: 400, title: 'Something else requires the resource' },
  Forbidden: { status: 403, title: 'Not allowed' },
  ImageNotAllowed: { status: 403, title: 'This node image is not allowed' },
  NotFound: { status: 404, title: 'No such resource' },
  MethodNotAllowed: { status: 405, title: 'This method is not allowed here' },
  NotAcceptable: { status: 406, title: 'None of the accepted media types can be served' },
  RequestTimeout: { status: 408, title: 'The request did not arrive in time' },
  AlreadyExists: { status: 409, title: 'The name is taken' },
  Conflict: { status: 409, title: 'The resource is in a state that does not allow this' },
  ReadOnly: { status: 409, title: 'This resource is managed elsewhere and can only be read' },
  Expired: { status: 410, title: 'The resource version is too old' },
  PreconditionFailed: { status: 412, title: 'The resource has changed' },
  PayloadTooLarge: { status: 413, title: 'The body is too large' },
  UriTooLong: { status: 414, title: 'The address is too long' },
  UnsupportedMediaType: { status: 415, title: 'The body has an unsupported media type' },
  Unprocessable: { status: 422, title: 'The request cannot be carried out as it is' },
  UpgradeRequired: { status: 426, title: 'The connection has to be upgraded' },
  TooManyRequests: { status: 429, title: 'Too many requests' },
  HeadersTooLarge: { status: 431, title: 'The headers are too large' },
  Internal: { status: 500, title: 'An unexpected error' },
  BadGateway: { status: 502, title: 'Another service gave no usable answer' },
  Unavailable: { status: 503, title: 'Something this needs is not available now' },
} as const satisfies Record<string, { status: number; title: string }>

export type ErrorCode = keyof typeof errorTable

/** One thing that is wrong with a request: `where` is a JSON pointer into it (`/body/nodes`), `what` says what. */
export interface Fault {
  where: string
  what: string
}

export interface ErrorOptionsOfGateway {
  faults?: Fault[]
  /** Further members of the problem document, such as the setting to look at. */
  extra?: Record<string, string | number | boolean | string[]>
  cause?: unknown
}

/** An error that may be shown to a caller: `detail` never carries secrets, paths or stack traces. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly detail: string
  readonly faults: Fault[]
  readonly extra: Record<string, string | number | boolean | string[]>

  constructor(code: ErrorCode, detail: string, options: ErrorOptionsOfGateway = {}) {
    super(detail, { cause: options.cause })
    this.name = 'GatewayError'
    this.code = code
    this.detail = detail
    this.faults = options.faults ?? []
    this.extra = options.extra ?? {}
  }

  get status(): number {
    return errorTable[this.code].status
  }

  get title(): string {
    return errorTable[this.code].title
  }
}

/** What a caught value says, whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
