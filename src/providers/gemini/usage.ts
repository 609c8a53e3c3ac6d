import type { JsonObject } from '../../core/json.ts'
import { isDraft, type Draft } from '../chat/draft.ts'

/** Whether it counts anything: Vertex says only `trafficType` until the end. */
export function countsTokens(metadata: unknown): metadata is Draft {
  if (!isDraft(metadata)) return false
  return typeof metadata.promptTokenCount === 'number' || typeof metadata.totalTokenCount === 'number'
}

/**
 * Gemini's `usageMetadata` as OpenAI's `usage`. The prompt counts cached tokens already, tokens of tool use that Google added
 * come on top; thoughts stand beside the candidates and are output too.
 */
export function openAiUsage(metadata: Draft): JsonObject {
  const { totalTokenCount } = metadata
  const reasoning = count(metadata.thoughtsTokenCount)
  const prompt = count(metadata.promptTokenCount) + count(metadata.toolUsePromptTokenCount)
  const completion = count(metadata.candidatesTokenCount) + reasoning
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: typeof totalTokenCount === 'number' ? totalTokenCount : prompt + completion,
    prompt_tokens_details: { cached_tokens: count(metadata.cachedContentTokenCount) },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0
}
