import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { type ErrorCode, GatewayError } from '../../errors.ts'
import { problemDocument, problemType } from './problems.ts'

/** How long a peer has to read why it was refused. */
const lingerMs = 2_000

/**
 * Answers what never became a request (malformed HTTP, headers too large or too slow) with a problem document, and ends
 * the connection. https://nodejs.org/api/http.html#event-clienterror
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket, log: FastifyBaseLogger): void {
  const problem = problemOf(error.code)
  const requestId = randomUUID()
  log.info({ reqId: requestId, reason: error.code, code: problem.code }, 'connection refused')
  if (!socket.writable || error.code === 'ECONNRESET' || isAnswering(socket)) {
    socket.destroy()
    return
  }
  const document = problemDocument(problem, { target: '/', requestId })
  socket.setTimeout(lingerMs, () => socket.destroy())
  socket.end(
    Buffer.concat([
      Buffer.from(
        [
          `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
          `Content-Type: ${problemType}`,
          `Content-Length: ${document.length}`,
          `X-Request-Id: ${requestId}`,
          'X-Content-Type-Options: nosniff',
          'Cache-Control: no-store',
          'Connection: close',
          '\r\n',
        ].join('\r\n'),
      ),
      document,
    ]),
  )
}

const kinds: Record<string, { code: ErrorCode; detail: string }> = {
  HPE_HEADER_OVERFLOW: { code: 'HeadersTooLarge', detail: 'The request line and headers may have at most 16 KiB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { code: 'PayloadTooLarge', detail: 'The chunk extensions are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'RequestTimeout', detail: 'The request was not complete in time.' },
}

function problemOf(code: string | undefined): GatewayError {
  const kind = kinds[code ?? ''] ?? { code: 'InvalidRequest', detail: 'This is not well-formed HTTP/1.1.' }
  return new GatewayError(kind.code, kind.detail)
}

/** Whether an answer has begun on this connection: nothing may be written into the middle of it. */
function isAnswering(socket: Socket): boolean {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined
  return typeof message === 'object' && message !== null && 'headersSent' in message && message.headersSent === true
}
