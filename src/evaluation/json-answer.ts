import type { JsonValue } from '../core/json.ts'

const fenced = /^```(?:json|JSON)?[ \t]*\r?\n(.*?)\r?\n?```$/s

/**
 * The JSON that an answer is, without outer white space. One fence around the whole of it (```` ```json ````) is taken off:
 * that is how models write JSON. JSON in the middle of prose is not looked for: whoever reads the answer could not parse it.
 *
 * @returns null when it is no JSON.
 */
export function jsonOfAnswer(text: string): { readonly value: JsonValue } | null {
  const trimmed = text.trim()
  return parsed(trimmed) ?? parsed(fenced.exec(trimmed)?.[1] ?? '')
}

function parsed(text: string): { readonly value: JsonValue } | null {
  if (text === '') return null
  try {
    return { value: JSON.parse(text) as JsonValue }
  } catch {
    return null
  }
}
