import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'

/** No answer has more; a count beyond it is garbage and must not reach a sum or a column. */
const mostTokens = 1_000_000_000

/** No answer searches more often; each of them is billed, so a count beyond it must not become a fee. */
const mostSearches = 10_000

/** A number of tokens as a whole number; null: it is none. */
export function tokenCount(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && value >= 0 && value <= mostTokens ? Math.round(value) : null
}

/** `webSearches` of a usage, left out where there were none or the number is none. */
export function searchesOf(value: JsonValue | undefined): Pick<Usage, 'webSearches'> {
  if (typeof value !== 'number' || value > mostSearches) return {}
  const webSearches = Math.round(value)
  return webSearches > 0 ? { webSearches } : {}
}

/** The counts of sound and pictures in a usage; each is left out where there were none. */
export type MediaTokens = Pick<
  Usage,
  | 'audioInputTokens'
  | 'audioCacheReadInputTokens'
  | 'audioOutputTokens'
  | 'imageInputTokens'
  | 'imageCacheReadInputTokens'
  | 'imageOutputTokens'
>

/**
 * Reads sound and pictures from the details of OpenAI-type usage (`audio_tokens`, `image_tokens`, and of those that were
 * cached `cached_tokens_details`). No part is more than what its whole has left for it. Where more was cached than there is
 * text, what is over was sound or pictures, whether it was said or not.
 */
export function mediaTokens(whole: Usage, input: JsonObject, output: JsonObject): MediaTokens {
  const cached = detailsOf(input['cached_tokens_details'])
  const audio = Math.min(tokenCount(input['audio_tokens']) ?? 0, whole.inputTokens)
  const image = Math.min(tokenCount(input['image_tokens']) ?? 0, whole.inputTokens - audio)
  const { cacheReadInputTokens: read, cacheCreationInputTokens: written } = whole
  const over = Math.max(0, read + written + audio + image - whole.inputTokens)
  const saidImageRead = Math.min(tokenCount(cached['image_tokens']) ?? 0, image, read)
  const saidAudioRead = Math.min(tokenCount(cached['audio_tokens']) ?? 0, audio, read - saidImageRead)
  const audioRead = Math.min(Math.max(saidAudioRead, over - saidImageRead), audio, read - saidImageRead)
  const imageRead = Math.min(Math.max(saidImageRead, over - audioRead), image, read - audioRead)
  const said = whole.outputTokens - whole.reasoningOutputTokens
  const spoken = Math.min(tokenCount(output['audio_tokens']) ?? 0, said)
  const drawn = Math.min(tokenCount(output['image_tokens']) ?? 0, said - spoken)
  return {
    ...(audio === 0 ? {} : { audioInputTokens: audio }),
    ...(audioRead === 0 ? {} : { audioCacheReadInputTokens: audioRead }),
    ...(spoken === 0 ? {} : { audioOutputTokens: spoken }),
    ...(image === 0 ? {} : { imageInputTokens: image }),
    ...(imageRead === 0 ? {} : { imageCacheReadInputTokens: imageRead }),
    ...(drawn === 0 ? {} : { imageOutputTokens: drawn }),
  }
}

/** A `…_details` member; empty when it is no object. */
export function detailsOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}
