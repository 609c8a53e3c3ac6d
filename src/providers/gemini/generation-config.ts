import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { thinkingConfig } from './thinking.ts'
import { invalid, type Unsupported } from './unsupported.ts'

const mostStops = 5
const mostCandidates = 8
const largestSeed = 2 ** 31 - 1

/** Numbers that only change their name. `max_completion_tokens` stands after `max_tokens` because it wins. */
const numbers: readonly (readonly [name: string, gemini: string])[] = [
  ['max_tokens', 'maxOutputTokens'],
  ['max_completion_tokens', 'maxOutputTokens'],
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['top_k', 'topK'],
  ['presence_penalty', 'presencePenalty'],
  ['frequency_penalty', 'frequencyPenalty'],
]

/** What `generationConfig` answers for, by OpenAI's names. */
export const generationParameters: readonly string[] = [
  ...numbers.map(([name]) => name),
  'n',
  'stop',
  'seed',
  'logprobs',
  'top_logprobs',
  'response_format',
  'reasoning_effort',
  'modalities',
]

/**
 * OpenAI's parameters of generation as Gemini's `generationConfig`.
 * @param ownThinking the client said in Google's own words how to think; then it must not say it in OpenAI's too.
 * @throws Fault `invalid_request` naming the parameter.
 */
export function generationConfig(
  body: JsonObject,
  model: string,
  ownThinking: Record<string, unknown> | null,
  unsupported: Unsupported,
): Record<string, unknown> {
  const config: Record<string, unknown> = {}
  for (const [name, gemini] of numbers) {
    const value = numberIn(body, name)
    if (value !== undefined) config[gemini] = value
  }
  const candidates = numberIn(body, 'n') ?? 1
  if (!Number.isInteger(candidates) || candidates < 1 || candidates > mostCandidates)
    throw invalid('n', `must be a whole number from 1 to ${mostCandidates} for Gemini.`)
  if (candidates > 1) config['candidateCount'] = candidates
  const stops = stopSequences(body['stop'])
  if (stops.length > 0) config['stopSequences'] = stops
  addSeed(config, body, unsupported)
  addLogprobs(config, body)
  addFormat(config, body['response_format'])
  addModalities(config, body['modalities'], unsupported)
  const effort = body['reasoning_effort']
  if (ownThinking !== null && effort !== undefined && effort !== null)
    throw invalid('reasoning_effort', 'and thinking_config say the same thing twice. Send one of them.')
  const thinking = ownThinking ?? thinkingConfig(effort, model, unsupported)
  if (thinking !== undefined) config['thinkingConfig'] = thinking
  return config
}

function stopSequences(stop: JsonValue | undefined): readonly string[] {
  if (stop === undefined || stop === null) return []
  const list: readonly JsonValue[] = Array.isArray(stop) ? (stop as readonly JsonValue[]) : [stop]
  const stops = list.map((text, index) => {
    if (typeof text !== 'string') throw invalid(Array.isArray(stop) ? `stop[${index}]` : 'stop', 'must be text.')
    return text
  })
  const said = stops.filter((text) => text !== '')
  if (said.length > mostStops) throw invalid('stop', `must hold at most ${mostStops} texts for Gemini.`)
  return said
}

function addSeed(config: Record<string, unknown>, body: JsonObject, unsupported: Unsupported): void {
  const seed = numberIn(body, 'seed')
  if (seed === undefined) return
  if (!Number.isInteger(seed)) throw invalid('seed', 'must be a whole number.')
  if (Math.abs(seed) > largestSeed) unsupported.note('seed', 'was dropped, Gemini takes 32 bits')
  else config['seed'] = seed
}

function addLogprobs(config: Record<string, unknown>, body: JsonObject): void {
  const wanted = body['logprobs'] ?? false
  if (typeof wanted !== 'boolean') throw invalid('logprobs', 'must be true or false.')
  const top = numberIn(body, 'top_logprobs')
  if (top !== undefined && (!Number.isInteger(top) || top < 0 || top > 20))
    throw invalid('top_logprobs', 'must be a whole number from 0 to 20.')
  if (top !== undefined && top > 0 && !wanted) throw invalid('top_logprobs', 'needs logprobs to be true.')
  if (!wanted) return
  config['responseLogprobs'] = true
  if (top !== undefined && top > 0) config['logprobs'] = top
}

function addFormat(config: Record<string, unknown>, format: JsonValue | undefined): void {
  if (format === undefined || format === null) return
  if (!isJsonObject(format)) throw invalid('response_format', 'must be an object.')
  switch (format['type']) {
    case 'text':
      return
    case 'json_object':
      config['responseMimeType'] = 'application/json'
      return
    case 'json_schema': {
      config['responseMimeType'] = 'application/json'
      const wrapped = format['json_schema']
      if (!isJsonObject(wrapped)) throw invalid('response_format.json_schema', 'must be an object.')
      const schema = wrapped['schema']
      if (schema === undefined || schema === null) return
      if (!isJsonObject(schema)) throw invalid('response_format.json_schema.schema', 'must be a JSON schema.')
      const { $schema: _dialect, ...rest } = schema
      config['responseJsonSchema'] = rest
      return
    }
    default:
      throw invalid('response_format.type', 'must be text, json_object or json_schema.')
  }
}

function addModalities(
  config: Record<string, unknown>,
  modalities: JsonValue | undefined,
  unsupported: Unsupported,
): void {
  if (modalities === undefined || modalities === null) return
  if (!Array.isArray(modalities)) throw invalid('modalities', 'must be a list.')
  const known: string[] = []
  for (const modality of modalities as readonly JsonValue[]) {
    if (modality === 'text' || modality === 'image') known.push(modality.toUpperCase())
    else unsupported.note('modalities', 'lost what is neither text nor image')
  }
  if (known.includes('IMAGE')) config['responseModalities'] = known
}

function numberIn(body: JsonObject, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw invalid(name, 'must be a number.')
  return value
}
