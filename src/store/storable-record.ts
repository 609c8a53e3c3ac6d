import type { ExchangeRecord } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'

const unstorable = /\0|\p{Surrogate}/gu
const replacement = '\ufffd'

/**
 * The record as a database can keep it, so that a hostile string never holds up the batch it travels in: U+0000 and
 * unpaired surrogates become U+FFFD, counts become whole numbers in range, durations finite. The estimate is left behind:
 * it is an order to the recorder, not a part of the exchange.
 */
export function storableRecord(record: ExchangeRecord): ExchangeRecord {
  return {
    ...(cleanStrings(record) as ExchangeRecord),
    httpStatus: count(record.httpStatus, maxInt4),
    promptVersion: record.promptVersion === null ? null : count(record.promptVersion, maxInt4),
    usage: record.usage === null ? null : storableUsage(record.usage),
    durationMs: finite(record.durationMs),
    timeToFirstChunkMs: record.timeToFirstChunkMs === null ? null : finite(record.timeToFirstChunkMs),
    estimate: null,
  }
}

function storableUsage(usage: Usage): Usage {
  return {
    inputTokens: count(usage.inputTokens),
    outputTokens: count(usage.outputTokens),
    cacheReadInputTokens: count(usage.cacheReadInputTokens),
    cacheCreationInputTokens: count(usage.cacheCreationInputTokens),
    reasoningOutputTokens: count(usage.reasoningOutputTokens),
  }
}

const maxInt4 = 2 ** 31 - 1

function count(value: number, max: number = Number.MAX_SAFE_INTEGER): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(Math.round(value), 0), max)
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}

/** The value itself when nothing in it needs a change, which is nearly always: no copies then. */
function cleanStrings(value: unknown): unknown {
  if (typeof value === 'string') return cleanString(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(cleanStrings)
    return items.every((item, index) => item === value[index]) ? value : items
  }
  let changed = false
  const members: [string, unknown][] = []
  for (const [name, member] of Object.entries(value)) {
    const clean: [string, unknown] = [cleanString(name), cleanStrings(member)]
    changed ||= clean[0] !== name || clean[1] !== member
    members.push(clean)
  }
  return changed ? Object.fromEntries(members) : value
}

function cleanString(text: string): string {
  return text.replace(unstorable, replacement)
}
