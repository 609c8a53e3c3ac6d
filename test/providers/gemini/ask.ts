import type { JsonObject, JsonValue } from '../../../src/core/json.ts'
import type { InlineData } from '../../../src/providers/gemini/parts.ts'
import { toGenerateContent, type GenerateContentRequest } from '../../../src/providers/gemini/request.ts'

/** What Gemini is sent, as far as the tests look. */
export interface Sent {
  readonly contents: readonly { readonly role: string; readonly parts: readonly Record<string, unknown>[] }[]
  readonly systemInstruction?: { readonly parts: readonly { readonly text: string }[] }
  readonly tools?: readonly Record<string, readonly Record<string, unknown>[]>[]
  readonly toolConfig?: Record<string, unknown>
  readonly generationConfig?: Record<string, unknown>
  readonly [member: string]: unknown
}

export interface AskOptions {
  readonly model?: string
  readonly reject?: boolean
  readonly remembered?: ReadonlyMap<string, JsonValue>
  readonly files?: ReadonlyMap<string, InlineData>
}

export const hello: JsonObject = { role: 'user', content: 'Hello' }

export function ask(body: JsonObject, options: AskOptions = {}): GenerateContentRequest & { readonly sent: Sent } {
  const request = toGenerateContent(
    { model: 'ignored', messages: [hello], ...body },
    {
      model: options.model ?? 'gemini-2.5-flash',
      unsupportedParameters: options.reject === true ? 'reject' : 'drop',
      recall: (key) => options.remembered?.get(key) ?? null,
      files: options.files ?? new Map(),
    },
  )
  return { ...request, sent: JSON.parse(request.body) as Sent }
}

/** One assistant's call. */
export function callOf(id: string, name: string, args: string, more: JsonObject = {}): JsonObject {
  return { id, type: 'function', function: { name, arguments: args }, ...more }
}
