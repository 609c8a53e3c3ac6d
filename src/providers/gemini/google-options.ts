import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { invalid, type Unsupported } from './unsupported.ts'

/** What a client may say in Google's own words, as Google's OpenAI-compatible endpoint takes it. */
export interface GoogleOptions {
  readonly safetySettings: readonly JsonObject[] | null
  readonly thinkingConfig: Record<string, unknown> | null
  readonly cachedContent: string | null
}

/** Where they may stand in a request. */
export const googleParameters: readonly string[] = ['safety_settings', 'safetySettings', 'google', 'extra_body']

/** Reads `safety_settings`, `google` and `extra_body.google`; names in snake or camel case. */
export function readGoogleOptions(body: JsonObject, unsupported: Unsupported): GoogleOptions {
  const places = [objectIn(body, 'google', 'google')]
  const extra = objectIn(body, 'extra_body', 'extra_body')
  if (extra !== null) {
    for (const [name, value] of Object.entries(extra))
      if (name !== 'google' && value !== null) unsupported.note(`extra_body.${name}`)
    places.push(objectIn(extra, 'google', 'extra_body.google'))
  }
  const found = new Map<string, JsonValue>()
  for (const place of places) {
    for (const [name, value] of Object.entries(place ?? {})) if (value !== null) found.set(camelCase(name), value)
  }
  const safety = body['safety_settings'] ?? body['safetySettings'] ?? found.get('safetySettings')
  const cached = found.get('cachedContent')
  if (cached !== undefined && typeof cached !== 'string') throw invalid('cached_content', 'must be a name.')
  for (const name of found.keys())
    if (name !== 'safetySettings' && name !== 'thinkingConfig' && name !== 'cachedContent')
      unsupported.note(`google.${name}`)
  return {
    safetySettings: safetySettings(safety),
    thinkingConfig: thinkingWords(found.get('thinkingConfig'), unsupported),
    cachedContent: cached ?? null,
  }
}

function safetySettings(value: JsonValue | undefined): readonly JsonObject[] | null {
  if (value === undefined || value === null) return null
  if (!Array.isArray(value)) throw invalid('safety_settings', 'must be a list.')
  return (value as readonly JsonValue[]).map((setting, index) => {
    const category = isJsonObject(setting) ? setting['category'] : undefined
    const threshold = isJsonObject(setting) ? setting['threshold'] : undefined
    if (typeof category !== 'string' || typeof threshold !== 'string')
      throw invalid(`safety_settings[${index}]`, 'must name a category and a threshold.')
    return { category, threshold }
  })
}

function thinkingWords(value: JsonValue | undefined, unsupported: Unsupported): Record<string, unknown> | null {
  if (value === undefined) return null
  if (!isJsonObject(value)) throw invalid('thinking_config', 'must be an object.')
  const config: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const gemini = camelCase(name)
    if (gemini === 'thinkingBudget' || gemini === 'thinkingLevel' || gemini === 'includeThoughts')
      config[gemini] = member
    else unsupported.note(`thinking_config.${name}`)
  }
  return config
}

function objectIn(body: JsonObject, name: string, param: string): JsonObject | null {
  const value = body[name]
  if (value === undefined || value === null) return null
  if (!isJsonObject(value)) throw invalid(param, 'must be an object.')
  return value
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
