import { isJsonObject, ownMember, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Forwarding, SeenEvent } from '../forward/forwarding.ts'
import type { ProviderCall } from '../provider.ts'
import { readUsage } from '../usage.ts'
import { encodeVectors } from './embedding-vectors.ts'

/** What is understood of the smaller endpoints' answers; the rest of their bytes goes through. */

const nothingToSee: SeenEvent = { usage: null, state: 'open' }

/** `POST /embeddings`: vectors as base64 when the client asked for them so, whatever the provider sent. */
export const embeddingsForwarding: Forwarding = {
  endMark: null,
  wholeUsage: (value) => readUsage(value['usage']),
  event: () => nothingToSee,
  rewriteWhole: (value, call) => (wantsBase64(call) && encodeVectors(value) ? JSON.stringify(value) : null),
}

/** `POST /moderations`: costs nothing and reports no tokens. */
export const moderationsForwarding: Forwarding = {
  endMark: null,
  wholeUsage: () => null,
  event: () => nothingToSee,
}

/** `POST /images/*`: JSON, or events with partial images when `stream` was set. */
export const imagesForwarding: Forwarding = {
  endMark: null,
  wholeUsage: (value) => readImagesUsage(value['usage']),
  event: (value) => ({
    usage: readImagesUsage(value['usage']),
    state: stateByType(value, ['image_generation.completed', 'image_edit.completed']),
  }),
}

/** `POST /audio/*`: speech as bytes or events, transcriptions as JSON, text or events. */
export const audioForwarding: Forwarding = {
  endMark: null,
  raw: true,
  wholeUsage: (value) => readTypedUsage(value['usage']),
  event: (value) => ({
    usage: readTypedUsage(value['usage']),
    state: stateByType(value, ['transcript.text.done', 'speech.audio.done']),
  }),
}

function stateByType(value: JsonObject, last: readonly string[]): SeenEvent['state'] {
  const type = ownMember(value, 'type')
  if (type === 'error') return 'failed'
  return typeof type === 'string' && last.includes(type) ? 'last' : 'open'
}

/**
 * Usage that says `input_tokens` and `output_tokens`; one in seconds of audio is not tokens. Images have their details in
 * `input_tokens_details`, transcriptions in `input_token_details`.
 */
function readTypedUsage(value: JsonValue | undefined): Usage | null {
  if (!isJsonObject(value)) return null
  return readUsage({
    ...value,
    prompt_tokens: value['input_tokens'] ?? null,
    completion_tokens: value['output_tokens'] ?? null,
    prompt_tokens_details: value['input_tokens_details'] ?? value['input_token_details'] ?? null,
    completion_tokens_details: value['output_tokens_details'] ?? value['output_token_details'] ?? null,
  })
}

/** These endpoints answer with pictures: what is not told apart in the output is that. */
function readImagesUsage(value: JsonValue | undefined): Usage | null {
  const usage = readTypedUsage(value)
  if (usage === null || !isJsonObject(value) || isJsonObject(value['output_tokens_details'])) return usage
  const imageOutputTokens = usage.outputTokens - usage.reasoningOutputTokens
  return imageOutputTokens === 0 ? usage : { ...usage, imageOutputTokens }
}

function wantsBase64(call: ProviderCall): boolean {
  if (typeof call.body !== 'string' || !call.body.includes('base64')) return false
  const body = JSON.parse(call.body) as JsonValue
  return isJsonObject(body) && ownMember(body, 'encoding_format') === 'base64'
}
