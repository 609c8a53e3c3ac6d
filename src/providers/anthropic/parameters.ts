import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Draft } from '../chat/draft.ts'
import type { ModelTraits } from './models.ts'
import { badField, type Notes } from './notes.ts'

/** Mapped elsewhere, or about the exchange and not about the answer. */
const understood = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'metadata',
  'store',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'n',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'response_format',
  'reasoning_effort',
  'thinking',
  'cache_control',
  'user',
  'safety_identifier',
  'service_tier',
])

/** OpenAI's parameters without an equivalent, and the values that ask for nothing. */
const withoutEquivalent: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  logit_bias: (value) => isJsonObject(value) && Object.keys(value).length === 0,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  seed: () => false,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  prediction: () => false,
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  audio: () => false,
  verbosity: (value) => value === 'medium',
  web_search_options: () => false,
  moderation: () => false,
}

/** How many unknown fields are named. */
const mostNamed = 10

/** Looks for parameters that nothing else maps. @throws Fault for `n` above 1, and for the others when they are refused. */
export function checkUnsupported(body: JsonObject, notes: Notes): void {
  const n = body['n']
  if (n !== undefined && n !== null && n !== 1) {
    throw badField('n', 'The field `n` must be 1: Anthropic gives one answer to a request.')
  }
  const unknown: string[] = []
  for (const [name, value] of Object.entries(body)) {
    if (value === null || understood.has(name)) continue
    const neutral = Object.hasOwn(withoutEquivalent, name) ? withoutEquivalent[name] : undefined
    if (neutral === undefined) unknown.push(name)
    else if (!neutral(value)) notes.unsupported(name, 'dropped: Anthropic has no equivalent')
  }
  if (unknown.length === 0) return
  // Names come from the client and go into a header.
  const named = unknown.slice(0, mostNamed).map((name) => name.slice(0, 64).replaceAll(/[^\w.-]/g, '?'))
  const more = unknown.length > mostNamed ? ' and more' : ''
  const [first = '', ...others] = named
  const beside = others.length === 0 ? '' : `, and so ${others.join(', ')}${more}`
  notes.unsupported(first, `dropped: not known of Anthropic${beside}`)
}

/** Tokens the answer may have; `max_completion_tokens` wins over `max_tokens`. */
export function maxTokensOf(body: JsonObject, traits: ModelTraits, notes: Notes): number {
  const name = isGiven(body['max_completion_tokens']) ? 'max_completion_tokens' : 'max_tokens'
  const asked = body[name]
  if (!isGiven(asked)) return traits.maxOutputTokens
  if (typeof asked !== 'number' || !Number.isInteger(asked) || asked < 1) {
    throw badField(name, `The field \`${name}\` must be a whole number of at least 1.`)
  }
  if (!traits.limitIsKnown || asked <= traits.maxOutputTokens) return asked
  notes.unsupported(name, `lowered to ${traits.maxOutputTokens}, the most this model gives`)
  return traits.maxOutputTokens
}

/** `temperature`, `top_p` and `top_k`, as far as the model and its thinking allow. @param thinking the model is to think. */
export function samplingOf(body: JsonObject, traits: ModelTraits, thinking: boolean, notes: Notes): Draft {
  const temperature = numberIn(body, 'temperature')
  const topP = numberIn(body, 'top_p')
  const topK = numberIn(body, 'top_k')
  if (!traits.sampling || thinking) {
    const why = thinking ? 'dropped: the model is to think' : 'dropped: this model does not take it'
    if (temperature !== null && temperature !== 1) notes.unsupported('temperature', why)
    if (topP !== null && topP !== 1) notes.unsupported('top_p', why)
    if (topK !== null) notes.unsupported('top_k', why)
    return {}
  }
  const sampling: Draft = {}
  if (temperature !== null) {
    if (temperature > 1) notes.unsupported('temperature', 'lowered to 1, the most Anthropic takes')
    sampling.temperature = Math.min(1, Math.max(0, temperature))
  }
  if (topP !== null && topP !== 1) {
    if (temperature === null) sampling.top_p = topP
    else notes.unsupported('top_p', 'dropped: it cannot go together with temperature')
  }
  if (topK !== null) sampling.top_k = topK
  return sampling
}

/** `stop` as a list, without the ones made of white space, which Anthropic refuses. */
export function stopSequencesOf(body: JsonObject, notes: Notes): string[] {
  const stop = body['stop']
  if (!isGiven(stop)) return []
  const list: readonly JsonValue[] = Array.isArray(stop) ? (stop as readonly JsonValue[]) : [stop]
  const texts = list.filter((text) => typeof text === 'string')
  if (texts.length !== list.length) throw badField('stop', 'The field `stop` must be a string or a list of strings.')
  const kept = texts.filter((text) => text.trim() !== '')
  if (kept.length < texts.length) notes.unsupported('stop', 'of white space alone dropped: Anthropic refuses it')
  return kept
}

/** Who asks, for `metadata.user_id`; null: nobody said. */
export function userIdOf(body: JsonObject): string | null {
  const metadata = body['metadata']
  const named = isJsonObject(metadata) ? metadata['user_id'] : undefined
  for (const value of [body['safety_identifier'], body['user'], named]) {
    if (typeof value === 'string' && value !== '') return value.slice(0, 256)
  }
  return null
}

/** OpenAI's tiers in Anthropic's words; null: left out. */
export function serviceTierOf(body: JsonObject, notes: Notes): 'auto' | 'standard_only' | null {
  const tier = body['service_tier']
  switch (tier) {
    case undefined:
    case null:
      return null
    case 'auto':
    case 'priority':
      return 'auto'
    case 'default':
    case 'standard_only':
      return 'standard_only'
    default:
      notes.unsupported('service_tier', 'dropped: Anthropic has no such tier')
      return null
  }
}

function numberIn(body: JsonObject, name: string): number | null {
  const value = body[name]
  if (!isGiven(value)) return null
  if (typeof value === 'number') return value
  throw badField(name, `The field \`${name}\` must be a number.`)
}

function isGiven(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null
}
