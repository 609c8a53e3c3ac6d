import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'

/**
 * Reads an OpenAI-type `usage` object into our terms, where totals include their parts. Providers disagree on that:
 * - most count cached tokens inside `prompt_tokens`; one that adds them on top shows it by its `total_tokens`;
 * - xAI and Google leave reasoning out of `completion_tokens`: what `total_tokens` has beyond both is reasoning;
 * - DeepSeek also says `prompt_cache_hit_tokens`; xAI reports more cached than prompt tokens now and then (cut to fit).
 * @returns null when it is not a usage object with at least one of the two counts.
 */
export function readUsage(value: JsonValue | undefined): Usage | null {
  if (!isJsonObject(value)) return null
  const prompt = count(value['prompt_tokens'])
  const completion = count(value['completion_tokens'])
  if (prompt === null && completion === null) return null
  const promptDetails = detailsOf(value, 'prompt_tokens_details')
  const cacheRead = count(promptDetails['cached_tokens']) ?? count(value['prompt_cache_hit_tokens']) ?? 0
  const cacheWrite = count(promptDetails['cache_write_tokens']) ?? count(promptDetails['cache_creation_tokens']) ?? 0
  const listedReasoning = count(detailsOf(value, 'completion_tokens_details')['reasoning_tokens']) ?? 0

  let input = prompt ?? 0
  let output = completion ?? 0
  let reasoning = listedReasoning
  const unexplained = (count(value['total_tokens']) ?? 0) - input - output
  if (unexplained > 0 && unexplained === cacheRead + cacheWrite) {
    input += unexplained
  } else if (unexplained > 0 && completion !== null) {
    output += unexplained
    reasoning = Math.max(reasoning, unexplained)
  }
  const cacheReadInputTokens = Math.min(cacheRead, input)
  const cacheCreationInputTokens = Math.min(cacheWrite, input - cacheReadInputTokens)
  const oneHour = Math.min(count(promptDetails['cache_write_one_hour_tokens']) ?? 0, cacheCreationInputTokens)
  return {
    inputTokens: input,
    outputTokens: output,
    cacheReadInputTokens,
    cacheCreationInputTokens,
    ...(oneHour === 0 ? {} : { cacheCreationOneHourInputTokens: oneHour }),
    reasoningOutputTokens: Math.min(reasoning, output),
  }
}

function detailsOf(usage: JsonObject, name: string): JsonObject {
  const details = usage[name]
  return isJsonObject(details) ? details : {}
}

/** No answer has more; a count beyond it is garbage and must not reach a sum or a column. */
const mostTokens = 1_000_000_000

function count(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && value >= 0 && value <= mostTokens ? Math.round(value) : null
}
