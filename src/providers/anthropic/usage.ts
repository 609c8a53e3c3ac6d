import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Draft } from '../chat/draft.ts'
import { searchesOf, tokenCount } from '../token-count.ts'

/**
 * The tokens of one Anthropic answer. Its reports are cumulative and each may leave fields out, so the last value of each
 * field counts and nothing is added up. `input_tokens` there is only what was neither read from nor written to the cache.
 */
export class MessageUsage {
  #input: number | null = null
  #output: number | null = null
  #cacheRead: number | null = null
  #cacheWrite: number | null = null
  #oneHour: number | null = null
  #thinking: number | null = null
  #searches: JsonValue | undefined

  /** Takes a `usage` object; anything else is nothing. */
  add(usage: JsonValue | undefined): void {
    if (!isJsonObject(usage)) return
    this.#input = tokenCount(usage['input_tokens']) ?? this.#input
    this.#output = tokenCount(usage['output_tokens']) ?? this.#output
    this.#cacheRead = tokenCount(usage['cache_read_input_tokens']) ?? this.#cacheRead
    this.#cacheWrite = tokenCount(usage['cache_creation_input_tokens']) ?? this.#cacheWrite
    const details = usage['output_tokens_details']
    if (isJsonObject(details)) this.#thinking = tokenCount(details['thinking_tokens']) ?? this.#thinking
    const tools = usage['server_tool_use']
    if (isJsonObject(tools)) this.#searches = tools['web_search_requests'] ?? this.#searches
    const creation = usage['cache_creation']
    if (isJsonObject(creation)) this.#addCreation(creation)
  }

  /** null: no tokens were named. */
  get total(): Usage | null {
    if (this.#input === null && this.#output === null) return null
    const cacheReadInputTokens = this.#cacheRead ?? 0
    const cacheCreationInputTokens = this.#cacheWrite ?? 0
    const outputTokens = this.#output ?? 0
    const oneHour = Math.min(this.#oneHour ?? 0, cacheCreationInputTokens)
    return {
      inputTokens: (this.#input ?? 0) + cacheReadInputTokens + cacheCreationInputTokens,
      outputTokens,
      cacheReadInputTokens,
      cacheCreationInputTokens,
      ...(oneHour === 0 ? {} : { cacheCreationOneHourInputTokens: oneHour }),
      reasoningOutputTokens: Math.min(this.#thinking ?? 0, outputTokens),
      ...searchesOf(this.#searches),
    }
  }

  #addCreation(creation: JsonObject): void {
    const fiveMinutes = tokenCount(creation['ephemeral_5m_input_tokens'])
    const oneHour = tokenCount(creation['ephemeral_1h_input_tokens'])
    this.#oneHour = oneHour ?? this.#oneHour
    if (fiveMinutes !== null && oneHour !== null && this.#cacheWrite === null) this.#cacheWrite = fiveMinutes + oneHour
  }
}

/** The same as the `usage` object of OpenAI's chat. */
export function chatUsage(usage: Usage): Draft {
  const oneHour = usage.cacheCreationOneHourInputTokens
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadInputTokens,
      audio_tokens: 0,
      cache_write_tokens: usage.cacheCreationInputTokens,
      ...(oneHour === undefined ? {} : { cache_write_one_hour_tokens: oneHour }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningOutputTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...(usage.webSearches === undefined ? {} : { server_tool_use: { web_search_requests: usage.webSearches } }),
  }
}
