import { type JsonValue, isJsonObject, ownMember, parsedJson } from '../core/json.ts'

/** Whether the body of a version, as JSON text, asks for the guardrail. */
export function asksForGuardrail(body: string, slug: string): boolean {
  const parsed = parsedJson(body)
  const wanted = isJson(parsed) && isJsonObject(parsed) ? ownMember(parsed, 'guardrails') : undefined
  if (!Array.isArray(wanted)) return false
  return (wanted as readonly JsonValue[]).some(
    (entry) => entry === slug || (isJsonObject(entry) && ownMember(entry, 'guardrail') === slug),
  )
}

function isJson(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined
}
