import type { Need } from '../contract/route-body.ts'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'

/** What a request asks of a model that answers it. */
export interface RequestNeeds {
  readonly needs: ReadonlySet<Need>
  /** An estimate: a quarter of the characters, and 1000 for each image. */
  readonly inputTokens: number
  /** What the request allows for the answer; null: it does not say. */
  readonly maxOutputTokens: number | null
}

/**
 * What a route may decide by. Members are looked at only when a route needs them, so they may be getters that work
 * something out at the first look.
 */
export interface RouteRequest extends RequestNeeds {
  readonly appName: string | null
  readonly environment: string | null
  readonly locale: string | null
  readonly keyName: string
  readonly userId: string | null
  readonly promptSlug: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly stream: boolean
  /** Milliseconds since 1970. */
  readonly at: number
  /**
   * A number from 0 to below 1, the same for the same slug and request; with `sticky` for the same slug and user or session.
   */
  draw(slug: string, sticky: boolean): number
}

const charactersOfToken = 4
const tokensOfImage = 1000

/** Members whose texts the model reads. */
const textMembers = ['messages', 'tools', 'functions', 'response_format', 'input', 'prompt'] as const

const needOfPart: ReadonlyMap<string, Need> = new Map([
  ['image_url', 'vision'],
  ['image', 'vision'],
  ['input_image', 'vision'],
  ['input_audio', 'audio'],
  ['file', 'documents'],
  ['input_file', 'documents'],
  ['document', 'documents'],
])

/** Members that hold a file in base64. */
const encodedMembers: ReadonlySet<string> = new Set(['data', 'file_data', 'b64_json'])

/**
 * Reads what a chat body (or one with `input` or `prompt`) needs: in one walk, without recursion, and without looking
 * into files, whose characters are no words.
 */
export function requestNeeds(body: JsonObject): RequestNeeds {
  const needs = new Set<Need>()
  if (isFilledList(ownMember(body, 'tools')) || isFilledList(ownMember(body, 'functions'))) needs.add('tools')
  if (asksForJson(ownMember(body, 'response_format'))) needs.add('json')
  const modalities = ownMember(body, 'modalities')
  if (Array.isArray(modalities) && modalities.includes('audio')) needs.add('audio')
  // What the Responses API calls messages when chat has no words for the rest of a request.
  const messages = ownMember(body, 'messages') ?? ownMember(body, 'input')
  const images = Array.isArray(messages) ? readParts(messages, needs) : 0
  let characters = 0
  for (const name of textMembers) characters += charactersIn(ownMember(body, name))
  return {
    needs,
    inputTokens: Math.ceil(characters / charactersOfToken) + images * tokensOfImage,
    maxOutputTokens: maxOutputTokens(body),
  }
}

/** Adds what the parts of the messages need, and gives the number of images. */
function readParts(messages: readonly JsonValue[], needs: Set<Need>): number {
  let images = 0
  for (const message of messages) {
    const content = isJsonObject(message) ? ownMember(message, 'content') : undefined
    if (!Array.isArray(content)) continue
    for (const part of content as readonly JsonValue[]) {
      const type = isJsonObject(part) ? ownMember(part, 'type') : undefined
      const need = typeof type === 'string' ? needOfPart.get(type) : undefined
      if (need === undefined) continue
      needs.add(need)
      if (need === 'vision') images++
    }
  }
  return images
}

/** Characters of all texts and names of members; a list of numbers (an input that is tokens already) counts as such. */
function charactersIn(value: JsonValue | undefined): number {
  let characters = 0
  const open: (JsonValue | undefined)[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'string') characters += next.startsWith('data:') ? 0 : next.length
    else if (typeof next === 'number') characters += charactersOfToken
    else if (Array.isArray(next)) for (const member of next as readonly JsonValue[]) open.push(member)
    else if (isJsonObject(next)) {
      for (const name of Object.keys(next)) {
        const member = next[name]
        characters += name.length
        if (typeof member !== 'string' || !encodedMembers.has(name)) open.push(member)
      }
    }
  }
  return characters
}

function asksForJson(format: JsonValue | undefined): boolean {
  if (!isJsonObject(format)) return false
  const type = ownMember(format, 'type')
  return type === 'json_object' || type === 'json_schema'
}

function maxOutputTokens(body: JsonObject): number | null {
  for (const name of ['max_completion_tokens', 'max_tokens', 'max_output_tokens']) {
    const tokens = ownMember(body, name)
    if (typeof tokens === 'number' && tokens > 0) return tokens
  }
  return null
}

function isFilledList(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length > 0
}
