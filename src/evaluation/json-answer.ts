import { type JsonValue, parsedJson } from '../core/json.ts'

const fenced = /^```(?:json|JSON)?[ \t]*\r?\n(.*?)\r?\n?```$/s

/**
 * The JSON that an answer is, without outer white space. One fence around the whole of it (```` ```json ````) is taken off:
 * that is how models write JSON. JSON in the middle of prose is not looked for: whoever reads the answer could not parse it.
 *
 * @returns null when it is no JSON.
 */
export function jsonOfAnswer(text: string): { readonly value: JsonValue } | null {
  const trimmed = text.trim()
  const whole = parsedJson(trimmed)
  // Not `??`: null is JSON as well.
  const value = whole === undefined ? parsedJson(fenced.exec(trimmed)?.[1] ?? '') : whole
  return value === undefined ? null : { value }
}
