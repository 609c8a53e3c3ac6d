import { isJsonObject, type JsonValue } from '../core/json.ts'
import type { UpstreamHeaders } from './upstream.ts'

/**
 * How long the provider asks to be left alone, in milliseconds; undefined when it does not say. Looked for in order:
 * `retry-after-ms` (only above 0: Azure sends 0 beside a `retry-after` of 1), `retry-after` (seconds, fractions allowed,
 * or an HTTP date), Google's `RetryInfo` among the error's details ("48s").
 * @param now milliseconds since 1970.
 */
export function retryAfterMs(
  headers: UpstreamHeaders,
  details: JsonValue | undefined,
  now: number,
): number | undefined {
  const milliseconds = positive(Number(headers['retry-after-ms'] ?? Number.NaN))
  if (milliseconds !== undefined) return milliseconds
  const after = String(headers['retry-after'] ?? '').trim()
  if (after !== '') {
    const seconds = Number(after)
    if (Number.isFinite(seconds)) return positive(seconds * 1000)
    const date = Date.parse(after)
    if (!Number.isNaN(date)) return positive(date - now)
  }
  return retryInfo(details)
}

function retryInfo(details: JsonValue | undefined): number | undefined {
  if (!Array.isArray(details)) return undefined
  for (const detail of details as readonly JsonValue[]) {
    if (!isJsonObject(detail) || typeof detail['retryDelay'] !== 'string') continue
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(detail['retryDelay'])?.[1]
    if (seconds !== undefined) return positive(Number(seconds) * 1000)
  }
  return undefined
}

function positive(milliseconds: number): number | undefined {
  return Number.isFinite(milliseconds) && milliseconds > 0 ? Math.ceil(milliseconds) : undefined
}
