import type { UpstreamHeaders } from './upstream.ts'

/** Of an upstream's headers a client may see these and no others: cookies, hop-by-hop headers and account names stay here. */
const forwarded = [
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'openai-processing-ms',
  'openai-version',
] as const

/** How providers name their own id of a request, in the order to look. */
const requestIdNames = ['x-request-id', 'request-id', 'apim-request-id', 'x-generation-id', 'x-ds-trace-id'] as const

/** The headers of an upstream's answer that the client gets too, lower case. */
export function forwardableHeaders(headers: UpstreamHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of forwarded) {
    const value = headers[name]
    // Node refuses to write anything else, and would fail the whole answer for it.
    if (typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value)) kept[name] = value
  }
  return kept
}

/** The provider's id of the request, or null. */
export function upstreamRequestId(headers: UpstreamHeaders): string | null {
  for (const name of requestIdNames) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') return value.slice(0, 200)
  }
  return null
}
