import { isJsonObject, type JsonValue } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { detailsOf, mediaTokens, searchesOf, tokenCount } from './token-count.ts'

/**
 * Reads an OpenAI-type `usage` object into our terms, where totals include their parts. Providers disagree on that:
 * - most count cached tokens inside `prompt_tokens`; one that adds them on top shows it by its `total_tokens`;
 * - xAI and Google leave reasoning out of `completion_tokens`: what `total_tokens` has beyond both is reasoning;
 * - searches of the web stand in `server_tool_use`, as with Anthropic;
 * - DeepSeek also says `prompt_cache_hit_tokens`; xAI reports more cached than prompt tokens now and then (cut to fit).
 * @returns null when it is not a usage object with at least one of the two counts.
 */
export function readUsage(value: JsonValue | undefined): Usage | null {
  if (!isJsonObject(value)) return null
  const prompt = tokenCount(value['prompt_tokens'])
  const completion = tokenCount(value['completion_tokens'])
  if (prompt === null && completion === null) return null
  const promptDetails = detailsOf(value['prompt_tokens_details'])
  const cacheRead = tokenCount(promptDetails['cached_tokens']) ?? tokenCount(value['prompt_cache_hit_tokens']) ?? 0
  const cacheWrite =
    tokenCount(promptDetails['cache_write_tokens']) ?? tokenCount(promptDetails['cache_creation_tokens']) ?? 0
  const completionDetails = detailsOf(value['completion_tokens_details'])
  const listedReasoning = tokenCount(completionDetails['reasoning_tokens']) ?? 0

  let input = prompt ?? 0
  let output = completion ?? 0
  let reasoning = listedReasoning
  const unexplained = (tokenCount(value['total_tokens']) ?? 0) - input - output
  if (unexplained > 0 && unexplained === cacheRead + cacheWrite) {
    input += unexplained
  } else if (unexplained > 0 && completion !== null) {
    output += unexplained
    reasoning = Math.max(reasoning, unexplained)
  }
  const cacheReadInputTokens = Math.min(cacheRead, input)
  const cacheCreationInputTokens = Math.min(cacheWrite, input - cacheReadInputTokens)
  const oneHour = Math.min(tokenCount(promptDetails['cache_write_one_hour_tokens']) ?? 0, cacheCreationInputTokens)
  const whole: Usage = {
    inputTokens: input,
    outputTokens: output,
    cacheReadInputTokens,
    cacheCreationInputTokens,
    ...(oneHour === 0 ? {} : { cacheCreationOneHourInputTokens: oneHour }),
    reasoningOutputTokens: Math.min(reasoning, output),
  }
  return {
    ...whole,
    ...mediaTokens(whole, promptDetails, completionDetails),
    ...searchesOf(detailsOf(value['server_tool_use'])['web_search_requests']),
  }
}
