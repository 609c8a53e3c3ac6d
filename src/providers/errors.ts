import { Fault, type FaultDetails, type FaultKind } from '../core/fault.ts'
import { isJsonObject, type JsonObject, type JsonValue, parsedJson } from '../core/json.ts'
import type { UpstreamHeaders } from './upstream.ts'
import { forwardableHeaders, upstreamRequestId } from './response-headers.ts'
import { retryAfterMs } from './retry-after.ts'

/** What a provider said when it said no, whatever shape it said it in. */
export interface ProviderError {
  readonly message: string | null
  readonly type: string | null
  readonly param: string | null
  readonly code: string | null
  /** An HTTP status named inside the body: OpenRouter's and Perplexity's numeric `code`, Groq's `status_code`. */
  readonly status: number | null
  /** Google's list of details, for its reasons and retry hints. */
  readonly details: JsonValue | undefined
  /** The provider refused the content, not the credential, although it says 403. */
  readonly flaggedContent: boolean
}

/** Everything about the answer that decides which fault it is. */
export interface ErrorSource {
  readonly status: number
  readonly headers: UpstreamHeaders
  /** Never shown to anybody: taken out of every message. */
  readonly apiKey: string | null
  /** Milliseconds since 1970. */
  readonly now: number
}

const longestMessage = 4_000

/**
 * Reads an error body: `{"error": {…}}`, the same inside an array, an error that is only a string, `detail`, `message`,
 * numeric codes, OpenRouter's `metadata.raw`, Groq's `failed_generation`. Anything unreadable gives nulls.
 */
export function readProviderError(value: unknown): ProviderError {
  const outer = Array.isArray(value) ? (value as readonly unknown[])[0] : value
  if (!isJsonObject(outer)) return saidNothing
  const error = outer['error'] ?? outer
  if (typeof error === 'string') {
    return {
      ...saidNothing,
      message: error,
      code: text(outer['code']),
      type: text(outer['type']),
      status: statusIn(outer),
    }
  }
  if (!isJsonObject(error)) return saidNothing
  const metadata = isJsonObject(error['metadata']) ? error['metadata'] : {}
  const code = error['code']
  return {
    message: messageOf(error, metadata),
    type: text(error['type']) ?? text(error['status']),
    param: text(error['param']),
    code: typeof code === 'string' && !/^\d+$/.test(code) ? text(code) : null,
    status: statusIn(error),
    details: error['details'],
    flaggedContent:
      'flagged_input' in metadata ||
      'reasons' in metadata ||
      /content_(policy|filter)/.test(typeof code === 'string' ? code : ''),
  }
}

const saidNothing: ProviderError = {
  message: null,
  type: null,
  param: null,
  code: null,
  status: null,
  details: undefined,
  flaggedContent: false,
}

/** The fault of an answer whose status is not 2xx. `body` is what was read of it, perhaps cut. */
export function faultOfResponse(body: Buffer, source: ErrorSource): Fault {
  if (source.status >= 300 && source.status < 400) {
    const message = `The provider answered with a redirect (${source.status}), which is not followed. Its base URL may be wrong.`
    return new Fault('upstream_error', message, detailsOfResponse(source))
  }
  const content = body.toString('utf8').trim()
  const parsed = parsedJson(content)
  const error =
    parsed === undefined ? { ...saidNothing, message: plainText(content, source.status) } : readProviderError(parsed)
  return faultOfError(error, source)
}

/** The fault of an error object that came with `source.status`, or inside an answer of 200 before anything else. */
export function faultOfError(error: ProviderError, source: ErrorSource): Fault {
  const status = source.status >= 400 ? source.status : (error.status ?? statusOfCode(error))
  const retryAfter = retryAfterMs(source.headers, error.details, source.now)
  const details: FaultDetails = {
    ...detailsOfResponse(source),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
  }
  const message = presentable(error.message, source.apiKey)
  const kind = kindOf(status, error)
  switch (kind) {
    case 'upstream_authentication':
      return new Fault(
        kind,
        authenticationMessage(hasNoCredit(status, error)),
        hasNoCredit(status, error) ? { ...details, code: 'insufficient_quota' } : details,
      )
    case 'upstream_rate_limited': {
      const fallback = 'The provider is limiting the rate of requests.'
      return new Fault(kind, message ?? fallback, { ...details, ...rateLimitTypes(error) })
    }
    case 'upstream_rejected': {
      const tooLong = isContextLength(error)
      return new Fault(
        kind,
        message ?? `The provider refused the request with status ${status} and no readable reason.`,
        {
          ...details,
          status: status === 404 || status === 413 || status === 422 || status === 403 ? status : 400,
          param: error.param,
          type: tooLong ? 'invalid_request_error' : (error.type ?? 'invalid_request_error'),
          code: tooLong ? 'context_length_exceeded' : (error.code ?? codeOfStatus(status, error)),
        },
      )
    }
    case 'upstream_overloaded':
      return new Fault(kind, message ?? 'The provider is overloaded.', details)
    default:
      return new Fault(kind, message ?? `The provider failed with status ${status}.`, details)
  }
}

/** The fault of an error object in the middle of a stream: the client has part of the answer, so nothing can be tried again. */
export function faultInStream(error: ProviderError, source: ErrorSource): Fault {
  const message =
    presentable(error.message, source.apiKey) ?? 'The provider reported an error in the middle of its answer.'
  return new Fault('upstream_error', message, {
    ...detailsOfResponse(source),
    param: error.param,
    ...(error.type === null ? {} : { type: error.type }),
    ...(error.code === null ? {} : { code: error.code }),
  })
}

function kindOf(status: number, error: ProviderError): FaultKind {
  if (isBadKey(error) || hasNoCredit(status, error)) return 'upstream_authentication'
  if (status === 401 || (status === 403 && !error.flaggedContent)) return 'upstream_authentication'
  if (status === 429) return 'upstream_rate_limited'
  if (status === 503 || status === 529 || error.type === 'overloaded_error') return 'upstream_overloaded'
  // 408, 409 and 425 are about timing, not about the request: trying again is right.
  if (status >= 500 || status < 400 || status === 408 || status === 409 || status === 425) return 'upstream_error'
  return 'upstream_rejected'
}

/** Anthropic says it with a 400. */
function hasNoCredit(status: number, error: ProviderError): boolean {
  return status === 402 || (error.message !== null && /credit balance is too low/i.test(error.message))
}

/** Google and xAI answer 400 to a bad key. Told apart by their words, since a client must not think its own key is meant. */
function isBadKey(error: ProviderError): boolean {
  if (error.code === 'invalid_api_key' || error.type === 'invalid_api_key') return true
  if (Array.isArray(error.details)) {
    const reasons = error.details as readonly JsonValue[]
    if (reasons.some((detail) => isJsonObject(detail) && detail['reason'] === 'API_KEY_INVALID')) return true
  }
  return error.message !== null && /\b(incorrect|invalid) api[ _-]?key\b|api[ _-]?key not valid/i.test(error.message)
}

function isContextLength(error: ProviderError): boolean {
  if (error.code === 'context_length_exceeded') return true
  return error.message !== null && contextLengthWords.test(error.message)
}

const contextLengthWords = new RegExp(
  [
    'maximum context length',
    'context[ _]length (is|was|has been)? ?exceed',
    'exceeds?( the)?( model.s| available| maximum)*( input)? context',
    'context window',
    'prompt is too long',
    'input is too long',
    'input length and .{0,30} exceed context limit',
    'input token count .{0,40}exceeds',
    'maximum prompt length',
    'too many (input|prompt) tokens',
    'reduce the length of (the|your) (messages|prompt|input)',
    'prompt contains \\d+ tokens',
  ].join('|'),
  'i',
)

/** Errors inside a 200 often name no status: what their words mean. */
function statusOfCode(error: ProviderError): number {
  const words = `${error.code ?? ''} ${error.type ?? ''}`
  if (/rate_limit|too_many_requests|RESOURCE_EXHAUSTED|insufficient_quota/i.test(words)) return 429
  if (/overloaded|unavailable/i.test(words)) return 503
  if (/authentication|permission/i.test(words)) return 401
  if (/invalid_request|tool_use_failed|content_filter|context_length/i.test(words) || isContextLength(error)) return 400
  if (/not_found/i.test(words)) return 404
  return 500
}

function codeOfStatus(status: number, error: ProviderError): string | null {
  if (status === 413) return 'request_too_large'
  if (status === 404 && error.message !== null && /model/i.test(error.message)) return 'model_not_found'
  return null
}

function rateLimitTypes(error: ProviderError): FaultDetails {
  const quota = error.code === 'insufficient_quota' || error.type === 'insufficient_quota'
  return {
    ...(error.type === null ? {} : { type: error.type }),
    ...(quota ? { code: 'insufficient_quota' } : {}),
  }
}

function authenticationMessage(isUnpaid: boolean): string {
  if (isUnpaid) return "The provider's account has no credit left. This is for the operator of this proxy to settle."
  return "The provider refused the proxy's own credential for it. This is for the operator of this proxy to settle; the key you sent is not at fault."
}

function detailsOfResponse(source: ErrorSource): FaultDetails {
  return {
    upstreamRequestId: upstreamRequestId(source.headers),
    upstreamStatus: source.status,
    headers: forwardableHeaders(source.headers),
  }
}

/** The most telling message there is. */
function messageOf(error: JsonObject, metadata: JsonObject): string | null {
  const said = text(error['message']) ?? detailText(error['detail'])
  const raw = rawCause(metadata['raw'])
  const generation = text(error['failed_generation'])
  const whole = raw === null || raw === said ? said : said === null ? raw : `${said}: ${raw}`
  return generation === null
    ? whole
    : `${whole ?? 'The model failed to call a tool.'} (failed_generation: ${generation})`
}

/** OpenRouter puts what the provider behind it said into `metadata.raw`: text, or JSON as text. */
function rawCause(raw: JsonValue | undefined): string | null {
  if (typeof raw !== 'string' || raw === '') return isJsonObject(raw) ? readProviderError(raw).message : null
  const parsed = parsedJson(raw)
  return parsed === undefined ? (isMarkup(raw) ? null : raw) : (readProviderError(parsed).message ?? raw)
}

/** FastAPI's `detail`: a sentence, or a list of `{loc, msg}`. */
function detailText(detail: JsonValue | undefined): string | null {
  if (typeof detail === 'string') return text(detail)
  if (isJsonObject(detail)) return text(detail['message']) ?? text(detail['msg'])
  if (!Array.isArray(detail)) return null
  const lines = (detail as readonly JsonValue[]).flatMap((entry) => {
    if (!isJsonObject(entry)) return []
    const message = text(entry['msg'])
    const place = Array.isArray(entry['loc'])
      ? (entry['loc'] as readonly JsonValue[]).filter((step) => typeof step !== 'object').join('.')
      : ''
    return message === null ? [] : [place === '' ? message : `${place}: ${message}`]
  })
  return lines.length === 0 ? null : lines.join('; ')
}

function statusIn(error: JsonObject): number | null {
  for (const name of ['code', 'status_code', 'status'] as const) {
    const status = Number(error[name] ?? Number.NaN)
    if (Number.isInteger(status) && status >= 400 && status <= 599) return status
  }
  return null
}

/** OpenAI names the account in its rate limits ("in organization org-…"), which is the operator's and not the client's. */
const accountName = /\b(org|proj)[-_][A-Za-z0-9]{8,}/g

/** Words of a provider that are fit for a client: no markup, no key, no account, bounded. */
function presentable(message: string | null, apiKey: string | null): string | null {
  if (message === null || isMarkup(message)) return null
  const keyless = apiKey === null || apiKey === '' ? message : message.replaceAll(apiKey, '***')
  const clean = keyless.replace(accountName, '$1-***')
  return clean.length > longestMessage ? `${clean.slice(0, longestMessage)}…` : clean
}

/** Plain text is worth showing when the request was refused; from a 5xx it is some machine on the way talking about itself. */
function plainText(content: string, status: number): string | null {
  return status < 500 && content !== '' && content.length <= 500 && !isMarkup(content) ? content : null
}

function isMarkup(content: string): boolean {
  return /^\s*<|<html|<!doctype|<body|<head/i.test(content)
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
