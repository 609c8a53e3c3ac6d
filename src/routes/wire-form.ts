import type { Fault, FaultKind } from '../core/fault.ts'
import type { Operation } from '../core/operation.ts'

/** How one of the APIs tells its clients that something went wrong, and how its streams end. */
export interface WireForm {
  /** Headers under which its clients look for the id of the request. */
  requestIdHeaders(requestId: string): Record<string, string>
  /** Text after the last event of a whole stream. */
  readonly streamEnd: string
  /** JSON text of an answer that is an error. */
  error(fault: Fault, requestId: string): string
  /** Events that tell a failure in mid-stream. `sent`: events before it. */
  errorEvents(fault: Fault, requestId: string, sent: number): string
}

const requestIdHeaders = (requestId: string): Record<string, string> => ({ 'x-request-id': requestId })

const openAiError = (fault: Fault): string => JSON.stringify(fault.toEnvelope())

/** Chat and the legacy completions: events without names, `[DONE]` last; its absence says that the answer is not whole. */
const chatForm: WireForm = {
  requestIdHeaders,
  streamEnd: 'data: [DONE]\n\n',
  error: openAiError,
  errorEvents: (fault) => `data: ${openAiError(fault)}\n\n`,
}

/** Events of OpenAI's other streams name their type inside. */
const typedForm: WireForm = {
  requestIdHeaders,
  streamEnd: '',
  error: openAiError,
  errorEvents: (fault) => `event: error\ndata: ${JSON.stringify({ type: 'error', ...fault.toEnvelope() })}\n\n`,
}

const responsesForm: WireForm = {
  requestIdHeaders,
  streamEnd: '',
  error: openAiError,
  errorEvents: (fault, _requestId, sent) =>
    `event: error\ndata: ${JSON.stringify({ type: 'error', sequence_number: sent, ...fault.toEnvelope() })}\n\n`,
}

/** Anthropic's clients know the id by its name there. */
const messagesForm: WireForm = {
  requestIdHeaders: (requestId) => ({ 'x-request-id': requestId, 'request-id': requestId }),
  streamEnd: '',
  error: (fault, requestId) => JSON.stringify(messagesError(fault, requestId)),
  errorEvents: (fault, requestId) => `event: error\ndata: ${JSON.stringify(messagesError(fault, requestId))}\n\n`,
}

export function wireFormOf(operation: Operation): WireForm {
  switch (operation) {
    case 'chat':
    case 'text_completion':
      return chatForm
    case 'responses':
      return responsesForm
    case 'messages':
      return messagesForm
    default:
      return typedForm
  }
}

/** The form for a path that answered before its operation was known. */
export function wireFormOfPath(path: string): WireForm {
  return /^\/+v1\/+messages(\/|$)/.test(path) ? messagesForm : chatForm
}

function messagesError(fault: Fault, requestId: string): object {
  return {
    type: 'error',
    error: { type: messagesErrorType(fault.kind, fault.status), message: fault.message },
    request_id: requestId,
  }
}

function messagesErrorType(kind: FaultKind, status: number): string {
  if (kind === 'upstream_overloaded') return 'overloaded_error'
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 504:
      return 'timeout_error'
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error'
  }
}
