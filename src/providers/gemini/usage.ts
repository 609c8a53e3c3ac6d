import type { JsonObject } from '../../core/json.ts'
import { isDraft } from '../chat/draft.ts'

/**
 * Gemini's `usageMetadata` as OpenAI's `usage`. The prompt counts cached tokens already, tokens of tool use that Google added
 * come on top; thoughts stand beside the candidates and are output too.
 * @returns null when it holds no count (Vertex says only `trafficType` until the end).
 */
export function openAiUsage(metadata: unknown): JsonObject | null {
  if (!isDraft(metadata)) return null
  const { promptTokenCount, totalTokenCount } = metadata
  if (typeof promptTokenCount !== 'number' && typeof totalTokenCount !== 'number') return null
  const reasoning = count(metadata.thoughtsTokenCount)
  const prompt = count(promptTokenCount) + count(metadata.toolUsePromptTokenCount)
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
