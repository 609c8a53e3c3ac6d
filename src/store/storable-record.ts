import { timestampOf } from '../core/ids.ts'
import { isStorableMoment } from '../core/moment.ts'
import type { ExchangeRecord } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'

const unstorable = /\0|\p{Surrogate}/gu
/** Also hits paired surrogates, but asks much faster: nearly every text passes here. */
const suspicious = /[\0\ud800-\udfff]/
const replacement = '\ufffd'

/**
 * The record as a database can keep it, so that a hostile string never holds up the batch it travels in: U+0000 and
 * unpaired surrogates become U+FFFD, counts become whole numbers in range, durations finite. The texts to be counted are
 * left behind: they are orders to the recorder, not a part of the exchange.
 */
export function storableRecord(record: ExchangeRecord): ExchangeRecord {
  return {
    ...(cleanStrings(record) as ExchangeRecord),
    httpStatus: count(record.httpStatus, maxInt4),
    promptVersion: record.promptVersion === null ? null : count(record.promptVersion, maxInt4),
    usage: record.usage === null ? null : storableUsage(record.usage),
    durationMs: finite(record.durationMs),
    timeToFirstChunkMs: record.timeToFirstChunkMs === null ? null : finite(record.timeToFirstChunkMs),
    savedInputTokens:
      record.savedInputTokens === null || record.savedInputTokens === undefined ? null : count(record.savedInputTokens),
    chain: record.chain ?? null,
    chainVersion:
      record.chainVersion === null || record.chainVersion === undefined ? null : count(record.chainVersion, maxInt4),
    outputCheck: record.outputCheck ?? null,
    estimate: null,
    compressed: null,
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
export function cleanStrings(value: unknown): unknown {
  if (typeof value === 'string') return cleanString(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(cleanStrings)
    return items.every((item, index) => item === value[index]) ? value : items
  }
  const members: [string, unknown][] = Object.entries(value)
  let changed = false
  for (const member of members) {
    const [name, content] = member
    member[0] = cleanString(name)
    member[1] = cleanStrings(content)
    changed ||= member[0] !== name || member[1] !== content
  }
  return changed ? Object.fromEntries(members) : value
}

function cleanString(text: string): string {
  return suspicious.test(text) ? text.replace(unstorable, replacement) : text
}

/** Why this record can have no place in the table; null: it can. */
export function whyNever(record: ExchangeRecord): string | null {
  const time = timestampOf(record.requestId)
  if (time === null) return 'requestId is not a UUIDv7'
  if (time !== record.createdAt) return `createdAt ${record.createdAt} is not the time of requestId, ${time}`
  return isStorableMoment(time) ? null : `createdAt ${time} lies after the year 9999`
}
