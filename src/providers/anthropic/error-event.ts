import type { Fault } from '../../core/fault.ts'
import { faultInStream, faultOfError, readProviderError, type ErrorSource } from '../errors.ts'

/** The HTTP status that each type of Anthropic's errors has when it does not come inside an answer of 200. */
const statuses: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
}

/**
 * The fault of an `error` event, or of an error in place of an answer.
 *
 * @param begun the client has part of the answer, so that nothing can be tried again.
 */
export function faultOfErrorEvent(value: unknown, source: ErrorSource, begun: boolean): Fault {
  const error = readProviderError(value)
  if (begun) return faultInStream(error, source)
  const status = error.status ?? statuses[error.type ?? ''] ?? null
  return faultOfError({ ...error, status }, source)
}
