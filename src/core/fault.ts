/**
 * Everything that can go wrong on the way of an exchange, as one closed union, and one table of what follows from each:
 * the HTTP status, the OpenAI error type and code, whether the same target may be tried again, whether the next target
 * may be tried, and whether the client's SDK should try again. Nobody else decides these.
 */

interface Consequence {
  /** HTTP status of the answer when nothing has been sent yet. */
  readonly status: number
  /** `error.type` of the OpenAI envelope. */
  readonly type: string
  /** `error.code` of the OpenAI envelope, unless the fault carries its own. */
  readonly code: string | null
  /** The same target may be tried again. */
  readonly retry: boolean
  /** The next target may be tried. */
  readonly fallOver: boolean
}

const request = (status: number, code: string | null): Consequence => ({
  status,
  type: 'invalid_request_error',
  code,
  retry: false,
  fallOver: false,
})
const upstream = (status: number, code: string, retry: boolean): Consequence => ({
  status,
  type: 'server_error',
  code,
  retry,
  fallOver: true,
})

export const consequences = {
  invalid_json: request(400, null),
  invalid_request: request(400, null),
  prompt_reference_conflict: request(400, 'prompt_reference_conflict'),
  invalid_variables: request(400, 'invalid_variables'),
  guardrail_blocked: request(400, 'guardrail_blocked'),
  /** A chain has spent the money or the time that its author gave it. */
  chain_budget_exceeded: request(422, 'chain_budget_exceeded'),
  unauthenticated: request(401, 'invalid_api_key'),
  permission_denied: { ...request(403, 'permission_denied'), type: 'permission_error' },
  not_found: request(404, 'not_found'),
  model_not_found: request(404, 'model_not_found'),
  prompt_not_found: request(404, 'prompt_not_found'),
  method_not_allowed: request(405, 'method_not_allowed'),
  request_timeout: request(408, 'request_timeout'),
  conflict: request(409, 'conflict'),
  request_too_large: request(413, 'request_too_large'),
  unsupported_media_type: request(415, 'unsupported_media_type'),
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', retry: false, fallOver: false },
  /** The client hung up; never sent, only recorded. */
  client_closed: { status: 499, type: 'invalid_request_error', code: 'client_closed', retry: false, fallOver: false },
  internal: { status: 500, type: 'server_error', code: 'internal_error', retry: false, fallOver: false },
  /** A part of ours is away (the database for the admin API, shutting down). */
  unavailable: { status: 503, type: 'server_error', code: 'unavailable', retry: false, fallOver: false },
  /** The provider refused the request itself (its 400, 404, 413, 422): status, type, param and code are the provider's. */
  upstream_rejected: { ...request(400, null), fallOver: false },
  upstream_authentication: { ...upstream(502, 'upstream_authentication_error', false) },
  upstream_rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    retry: true,
    fallOver: true,
  },
  upstream_overloaded: upstream(503, 'overloaded', true),
  upstream_connection: upstream(502, 'upstream_connection_error', true),
  upstream_timeout: upstream(504, 'upstream_timeout', false),
  upstream_error: upstream(502, 'upstream_error', true),
  /** Nobody was called: the provider has failed too often lately. */
  upstream_circuit_open: upstream(503, 'upstream_unavailable', false),
  /** The answer is not what its prompt asks for, and the prompt gives no such answer. Asking again costs as much again. */
  output_mismatch: { status: 502, type: 'server_error', code: 'output_mismatch', retry: false, fallOver: false },
  /** After the first byte: the stream broke off. */
  upstream_interrupted: upstream(502, 'upstream_stream_interrupted', true),
} as const satisfies Record<string, Consequence>

export type FaultKind = keyof typeof consequences

export interface FaultDetails {
  /** Name of the offending field, as the client wrote it. */
  readonly param?: string | null
  /** Replaces the table's `code`. */
  readonly code?: string | null
  /** Replaces the table's `type`; only for `upstream_rejected` and `upstream_rate_limited`, whose type is the provider's. */
  readonly type?: string
  /** Replaces the table's HTTP status; only for `upstream_rejected`. */
  readonly status?: number
  /** Milliseconds after which trying again may help; becomes `retry-after`. */
  readonly retryAfterMs?: number
  /** The provider's own request id, when it answered at all. */
  readonly upstreamRequestId?: string | null
  /** HTTP status the provider answered with; null when no answer of its own arrived. */
  readonly upstreamStatus?: number | null
  /** Further headers of the answer (`allow`, `x-ratelimit-…`). */
  readonly headers?: Readonly<Record<string, string>>
  /** The client has heard of it in the provider's own words: nothing is to be added to the stream. */
  readonly isTold?: boolean
  readonly cause?: unknown
}

/** The one error class that is thrown or passed on purpose. Anything else that surfaces is a defect and becomes `internal`. */
export class Fault extends Error {
  readonly kind: FaultKind
  readonly param: string | null
  readonly code: string | null
  readonly type: string
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly upstreamRequestId: string | null
  readonly upstreamStatus: number | null
  readonly headers: Readonly<Record<string, string>>
  readonly isTold: boolean

  constructor(kind: FaultKind, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    const consequence = consequences[kind]
    this.name = 'Fault'
    this.kind = kind
    this.param = details.param ?? null
    this.code = details.code === undefined ? consequence.code : details.code
    this.type = details.type ?? consequence.type
    this.status = details.status ?? consequence.status
    this.retryAfterMs = details.retryAfterMs
    this.upstreamRequestId = details.upstreamRequestId ?? null
    this.upstreamStatus = details.upstreamStatus ?? null
    this.headers = details.headers ?? {}
    this.isTold = details.isTold ?? false
  }

  get mayRetry(): boolean {
    // An account without credit has none a moment later either; another provider may.
    if (this.code === 'insufficient_quota') return false
    return consequences[this.kind].retry
  }

  get mayFallOver(): boolean {
    return consequences[this.kind].fallOver
  }

  /** The OpenAI error envelope; all four keys are always there. */
  toEnvelope(): ErrorEnvelope {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }

  /** A Fault stays itself; anything else is a defect of ours, whose text must not reach a client. */
  static from(error: unknown): Fault {
    if (error instanceof Fault) return error
    return new Fault('internal', 'Promptbox failed to handle this request. The request id finds it in the log.', {
      cause: error,
    })
  }
}

export interface ErrorEnvelope {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
}
