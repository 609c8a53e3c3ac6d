import { type JsonValue, isJsonObject } from '../core/json.ts'
import type { RecordedBodies } from '../core/record.ts'

/** What of the messages is kept: everything, nothing, or the structure with every text replaced by its length. */
export type BodyPolicy = 'on' | 'off' | 'redacted'

export interface ExchangeBodies {
  readonly request: string
  readonly rendered: string | null
  readonly response: string | null
  readonly truncated: boolean
}

/** Applies the policy and cuts each body at `longest` characters. */
export function recordedBodies(
  bodies: ExchangeBodies,
  policy: Exclude<BodyPolicy, 'off'>,
  longest: number,
): RecordedBodies {
  const keep = policy === 'redacted' ? redactJson : (text: string) => text
  let truncated = bodies.truncated
  const cut = (text: string): string => {
    const kept = keep(text)
    if (kept.length <= longest) return kept
    truncated = true
    return kept.slice(0, longest)
  }
  const request = cut(bodies.request)
  const rendered = bodies.rendered === null ? null : cut(bodies.rendered)
  const response = bodies.response === null ? null : cut(bodies.response)
  return { request, rendered, response, truncated }
}

/** Names whose text says how an exchange went and nothing of what was said. */
const structural = new Set(['role', 'type', 'model', 'id', 'object', 'finish_reason', 'tool_call_id', 'service_tier'])

/** Deeper than any request or answer; what lies below it is not kept, so that no client chooses how deep we recurse. */
const deepest = 64

/** JSON text with every string that could hold somebody's words replaced by its length. Text that is no JSON goes whole. */
function redactJson(text: string): string {
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    return `[redacted ${text.length} characters]`
  }
  return JSON.stringify(redact(value, null, 0))
}

function redact(value: JsonValue, name: string | null, depth: number): JsonValue {
  if (typeof value === 'string') {
    return name !== null && structural.has(name) ? value : `[redacted ${value.length} characters]`
  }
  if (typeof value === 'object' && value !== null && depth >= deepest) return '[redacted]'
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => redact(item, null, depth + 1))
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item, key, depth + 1)]))
  }
  return value
}
