import { Fault } from '../core/fault.ts'

/** The peer closed the connection: what a kept connection answers when the server gave it up meanwhile. */
export function isClosedByPeer(error: Error): boolean {
  const code = errorCode(error)
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET'
}

/**
 * What broke below HTTP, in words a client may read: no address, no host name, no library.
 * @param answering the response head had arrived.
 */
export function connectionFault(error: Error, answering: boolean): Fault {
  const code = errorCode(error) ?? ''
  const cause = error
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new Fault('upstream_timeout', 'The provider did not begin to answer in time.', { cause })
    case 'UND_ERR_BODY_TIMEOUT':
      return new Fault('upstream_timeout', 'The provider fell silent in the middle of its answer.', { cause })
    case 'UND_ERR_INVALID_ARG': {
      const message =
        'The request could not be formed: the credential of this provider or a forwarded header holds characters that HTTP does not allow.'
      return new Fault('upstream_authentication', message, { cause })
    }
    case 'UND_ERR_HEADERS_OVERFLOW':
      return new Fault('upstream_error', 'The provider sent a response head that is too large.', { cause })
    default:
  }
  if (answering) {
    return new Fault('upstream_interrupted', 'The connection to the provider broke off in the middle of its answer.', {
      cause,
    })
  }
  if (code.startsWith('HPE_')) {
    return new Fault('upstream_error', 'The provider did not answer in HTTP.', { cause })
  }
  return new Fault('upstream_connection', `The provider could not be reached: ${reason(code)}.`, { cause })
}

function reason(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name does not resolve'
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return 'connecting took too long'
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'it closed the connection without an answer'
    case 'ADDRESS_FORBIDDEN':
      return 'its host name leads to an address that must not be called'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no route to it'
    default:
  }
  if (/CERT|TLS|SSL|EPROTO/.test(code)) return `the secure connection failed (${code})`
  return 'the connection failed'
}

function errorCode(error: Error): string | undefined {
  // Several addresses tried at once fail as one AggregateError; the first says as much as any.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  return typeof first === 'object' && first !== null && 'code' in first && typeof first.code === 'string'
    ? first.code
    : undefined
}
