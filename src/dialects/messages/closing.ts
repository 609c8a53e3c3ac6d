import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/** What is said at the end of a message, whole or streamed. */

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
}

/**
 * @param calls the message calls tools: clients run them only when the reason says so, and not every provider says it.
 * @param refusal the model has declined in words.
 */
export function stopReasonOf(finishReason: JsonValue | undefined, calls: boolean, refusal: boolean): string {
  const reason = (typeof finishReason === 'string' ? stopReasons[finishReason] : undefined) ?? 'end_turn'
  if (reason !== 'end_turn') return reason
  if (calls) return 'tool_use'
  return refusal ? 'refusal' : reason
}

/** Anthropic's counts: `input_tokens` leaves out what was read from the cache or written to it. Zeros when nobody counted. */
export function usageToMessages(usage: Usage | null): JsonObject {
  const cacheRead = usage?.cacheReadInputTokens ?? 0
  const cacheCreation = usage?.cacheCreationInputTokens ?? 0
  const thinking = usage?.reasoningOutputTokens ?? 0
  const searches = usage?.webSearches ?? 0
  return {
    input_tokens: Math.max(0, (usage?.inputTokens ?? 0) - cacheRead - cacheCreation),
    cache_creation_input_tokens: cacheCreation,
    cache_read_input_tokens: cacheRead,
    output_tokens: usage?.outputTokens ?? 0,
    ...(thinking === 0 ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
    ...(searches === 0 ? {} : { server_tool_use: { web_search_requests: searches } }),
  }
}

/** The same for every event of one exchange. */
export function messageId(requestId: string): string {
  return `msg_${requestId.replaceAll('-', '')}`
}
