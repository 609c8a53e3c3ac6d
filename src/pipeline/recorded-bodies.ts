import type { JsonValue } from '../core/json.ts'
import type { RecordedBodies } from '../core/record.ts'
import { type Concealment, lengthOf } from './concealment.ts'

/** What of the messages is kept: everything, nothing, or the structure with every text replaced by its length. */
export type BodyPolicy = 'on' | 'off' | 'redacted'

export interface ExchangeBodies {
  readonly request: string
  readonly rendered: string | null
  readonly response: string | null
  readonly truncated: boolean
}

/**
 * Applies the policy and cuts each body at `longest` characters.
 *
 * @param concealment what guardrails took out of the texts and is to stay out; null: nothing.
 */
export function recordedBodies(
  bodies: ExchangeBodies,
  policy: Exclude<BodyPolicy, 'off'>,
  longest: number,
  concealment: Concealment | null,
): RecordedBodies {
  let truncated = bodies.truncated
  const keep = (text: string, isTruncated: boolean): string => {
    if (concealment?.forgets === true) return lengthOf(text)
    if (policy === 'redacted') return redactJson(text, concealment)
    if (concealment === null) return text
    truncated ||= text.length > longest
    return concealment.body(text, longest, isTruncated)
  }
  const cut = (text: string, isTruncated = false): string => {
    const kept = keep(text, isTruncated)
    if (kept.length <= longest) return kept
    truncated = true
    return kept.slice(0, longest)
  }
  const request = cut(bodies.request)
  const rendered = bodies.rendered === null ? null : cut(bodies.rendered)
  const response = bodies.response === null ? null : cut(bodies.response, bodies.truncated)
  return { request, rendered, response, truncated }
}

/** Names whose text says how an exchange went and nothing of what was said. */
const structural = new Set(['role', 'type', 'model', 'id', 'object', 'finish_reason', 'tool_call_id', 'service_tier'])

/** Deeper than any request or answer; what lies below it is not kept, so that no client chooses how deep we recurse. */
const deepest = 64

/** JSON text with every string that could hold somebody's words replaced by its length. Text that is no JSON goes whole. */
function redactJson(text: string, concealment: Concealment | null): string {
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    return lengthOf(text)
  }
  return JSON.stringify(redact(value, { name: null, depth: 0, concealment }))
}

interface Place {
  /** Of the member; null: it is in a list, or all there is. */
  readonly name: string | null
  readonly depth: number
  readonly concealment: Concealment | null
}

function redact(value: JsonValue, { name, depth, concealment }: Place): JsonValue {
  const conceal = (text: string): string => concealment?.text(text) ?? text
  if (typeof value === 'string') return name !== null && structural.has(name) ? conceal(value) : lengthOf(value)
  if (typeof value === 'number') return conceal(String(value)) === String(value) ? value : '[redacted]'
  if (typeof value !== 'object' || value === null) return value
  if (depth >= deepest) return '[redacted]'
  const inside = { depth: depth + 1, concealment }
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map((item) => redact(item, { name: null, ...inside }))
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [conceal(key), redact(item, { name: key, ...inside })]),
  )
}
