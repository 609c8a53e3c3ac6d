import { type JsonObject, isJsonObject, ownMember } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { CacheEntry } from './answer-cache.ts'

/** First character of every stored text. Change it with the form of an entry: texts of another form are misses. */
export const entryFormat = '1'

/** An entry as text, for a store that keeps texts. */
export function entryToText(entry: CacheEntry): string {
  const { provider, model, usage, warnings, completion } = entry
  return entryFormat + JSON.stringify({ provider, model, usage, warnings, completion })
}

/** The entry, or null: the text is of another form, or none of ours. */
export function entryFromText(text: string): CacheEntry | null {
  if (!text.startsWith(entryFormat)) return null
  let value: unknown
  try {
    value = JSON.parse(text.slice(entryFormat.length))
  } catch {
    // Somebody else's text under our key, or a torn one; either way there is no entry.
    return null
  }
  if (!isJsonObject(value)) return null
  const provider = ownMember(value, 'provider')
  const model = ownMember(value, 'model')
  const completion = ownMember(value, 'completion')
  const warnings = ownMember(value, 'warnings')
  const usage = ownMember(value, 'usage')
  if (typeof provider !== 'string' || typeof model !== 'string') return null
  if (!isJsonObject(completion) || !Array.isArray(ownMember(completion, 'choices'))) return null
  if (!isTextList(warnings) || !(usage === null || isUsage(usage))) return null
  return { provider, model, completion, usage, warnings }
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

const counts = [
  'inputTokens',
  'outputTokens',
  'cacheReadInputTokens',
  'cacheCreationInputTokens',
  'reasoningOutputTokens',
] as const satisfies readonly (keyof Usage)[]

function isUsage(value: unknown): value is Usage & JsonObject {
  return isJsonObject(value) && counts.every((name) => typeof ownMember(value, name) === 'number')
}
