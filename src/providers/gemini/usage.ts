import type { JsonObject } from '../../core/json.ts'
import { isDraft, type Draft } from '../chat/draft.ts'

/** Whether it counts anything: Vertex says only `trafficType` until the end. */
export function countsTokens(metadata: unknown): metadata is Draft {
  if (!isDraft(metadata)) return false
  return typeof metadata.promptTokenCount === 'number' || typeof metadata.totalTokenCount === 'number'
}

/**
 * Gemini's `usageMetadata` as OpenAI's `usage`. The prompt counts cached tokens already, tokens of tool use that Google added
 * come on top; thoughts stand beside the candidates and are output too. Sound and pictures are told where there are any;
 * a film is charged as its pictures are, like text, and its sound is counted as sound.
 *
 * @param webSearches how often Google searched the web for the answer.
 */
export function openAiUsage(metadata: Draft, webSearches = 0): JsonObject {
  const { totalTokenCount } = metadata
  const reasoning = count(metadata.thoughtsTokenCount)
  const prompt = count(metadata.promptTokenCount) + count(metadata.toolUsePromptTokenCount)
  const completion = count(metadata.candidatesTokenCount) + reasoning
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: typeof totalTokenCount === 'number' ? totalTokenCount : prompt + completion,
    prompt_tokens_details: {
      cached_tokens: count(metadata.cachedContentTokenCount),
      ...mediaOf(metadata.promptTokensDetails, metadata.toolUsePromptTokensDetails),
      ...cachedMedia(metadata.cacheTokensDetails),
    },
    completion_tokens_details: { reasoning_tokens: reasoning, ...mediaOf(metadata.candidatesTokensDetails) },
    ...(webSearches === 0 ? {} : { server_tool_use: { web_search_requests: webSearches } }),
  }
}

/** Searches that the candidates were grounded in. */
export function searchesIn(groundings: readonly unknown[]): number {
  let searches = 0
  for (const grounding of groundings) {
    if (isDraft(grounding) && Array.isArray(grounding.webSearchQueries)) searches += grounding.webSearchQueries.length
  }
  return searches
}

function cachedMedia(details: unknown): JsonObject {
  const media = mediaOf(details)
  return Object.keys(media).length === 0 ? {} : { cached_tokens_details: media }
}

/** Tokens by modality, from lists of `{modality, tokenCount}`. */
function mediaOf(...lists: readonly unknown[]): JsonObject {
  let audio = 0
  let image = 0
  for (const list of lists) {
    if (!Array.isArray(list)) continue
    for (const part of list as readonly unknown[]) {
      if (!isDraft(part)) continue
      if (part.modality === 'AUDIO') audio += count(part.tokenCount)
      else if (part.modality === 'IMAGE') image += count(part.tokenCount)
    }
  }
  return { ...(audio === 0 ? {} : { audio_tokens: audio }), ...(image === 0 ? {} : { image_tokens: image }) }
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0
}
