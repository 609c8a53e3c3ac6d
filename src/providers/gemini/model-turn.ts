import { isJsonObject, ownMember, type JsonObject, type JsonValue } from '../../core/json.ts'
import { isNestedDeeper, tooDeep } from '../../core/nesting.ts'
import { callKey } from '../thinking-memory.ts'
import { turnKey, visibleText } from '../conversation-hash.ts'
import type { ModelFamily } from './model-family.ts'
import { parseDataUrl, textOf, urlOf, type Part } from './parts.ts'
import type { ToolNames } from './tool-names.ts'
import type { CalledTool } from './tool-turn.ts'
import { invalid } from './unsupported.ts'

/** What Google documents for a turn whose real signature is lost: the check is skipped, the thought is gone. */
const noSignature = 'skip_thought_signature_validator'

/** What an assistant's message needs besides itself. */
export interface ModelTurnContext {
  readonly family: ModelFamily
  readonly names: ToolNames
  /** Looks into the thinking memory. */
  readonly recall: (key: string) => JsonValue | null
  /** Digest of the messages before it. */
  readonly conversation: string
}

/**
 * An assistant's message as the model's parts, and the calls among them. Thought signatures come from the message itself,
 * else from memory; where Gemini insists and there is none, its documented stand-in is sent. Readable thoughts are not sent
 * back: they are summaries, and the signature stands for the real ones.
 */
export function modelTurn(
  message: JsonObject,
  param: string,
  context: ModelTurnContext,
): { readonly parts: readonly Part[]; readonly calls: readonly CalledTool[] } {
  const parts = [...saidParts(message, param, context), ...imageParts(message, param, context)]
  const calls: CalledTool[] = []
  for (const { call, param: place } of callsOf(message, param)) {
    const called = call['function']
    if (!isJsonObject(called)) throw invalid(`${place}.function`, 'must be an object.')
    const { name } = called
    if (typeof name !== 'string' || name === '') throw invalid(`${place}.function.name`, 'must be a name.')
    const id = typeof call['id'] === 'string' ? call['id'] : null
    const geminiName = context.names.toGemini(name)
    const signature = signatureIn(call) ?? (id === null ? null : recalled(context, callKey(id)))
    parts.push({
      functionCall: {
        ...(id === null ? {} : { id }),
        name: geminiName,
        args: argumentsOf(called['arguments'], `${place}.function.arguments`),
      },
      // Only the first of several calls made at once has one, and it must have it.
      ...signed(signature ?? (calls.length === 0 && context.family.needsSignatures ? noSignature : null)),
    })
    calls.push({ id, name, geminiName })
  }
  return { parts, calls }
}

function saidParts(message: JsonObject, param: string, context: ModelTurnContext): Part[] {
  const { content, refusal } = message
  const texts: string[] = []
  if (typeof content === 'string') {
    texts.push(content)
  } else if (Array.isArray(content)) {
    for (const [index, part] of (content as readonly JsonValue[]).entries()) {
      const place = `${param}.content[${index}]`
      if (!isJsonObject(part)) throw invalid(place, 'must be an object.')
      if (part['type'] === 'refusal' && typeof part['refusal'] === 'string') texts.push(part['refusal'])
      else if (part['type'] === 'text') texts.push(textOf(part, place))
      else throw invalid(`${place}.type`, 'must be text or refusal.')
    }
  } else if (content !== undefined && content !== null) {
    throw invalid(`${param}.content`, 'must be text or a list of parts.')
  }
  if (typeof refusal === 'string') texts.push(refusal)
  const parts: Part[] = texts.filter((text) => text !== '').map((text) => ({ text }))
  const last = parts.at(-1)
  if (last !== undefined && context.family.givesSignatures) {
    const remembered = recalled(context, turnKey(context.conversation, visibleText(content)))
    Object.assign(last, signed(signatureIn(message) ?? remembered))
  }
  return parts
}

/** Images the model made, sent back as `message.images` in the way they came. */
function imageParts(message: JsonObject, param: string, context: ModelTurnContext): Part[] {
  const { images } = message
  if (!Array.isArray(images)) return []
  return (images as readonly JsonValue[]).map((image, index) => {
    const url = isJsonObject(image) ? urlOf(image['image_url']) : null
    const inline = url === null ? null : parseDataUrl(url)
    if (url === null || inline === null) throw invalid(`${param}.images[${index}]`, 'must hold a data URL.')
    const signature = recalled(context, turnKey(context.conversation, url))
    return {
      inlineData: { mimeType: inline.mimeType, data: inline.data },
      ...signed(signature ?? (context.family.needsSignatures ? noSignature : null)),
    }
  })
}

function callsOf(message: JsonObject, param: string): { readonly call: JsonObject; readonly param: string }[] {
  const { tool_calls: calls, function_call: legacy } = message
  if (isJsonObject(legacy)) return [{ call: { function: legacy }, param: `${param}.function_call` }]
  if (calls === undefined || calls === null) return []
  if (!Array.isArray(calls)) throw invalid(`${param}.tool_calls`, 'must be a list.')
  return (calls as readonly JsonValue[]).map((call, index) => {
    const place = `${param}.tool_calls[${index}]`
    if (!isJsonObject(call)) throw invalid(place, 'must be an object.')
    return { call, param: place }
  })
}

/** Clients send arguments as text; none at all means no arguments. */
function argumentsOf(text: JsonValue | undefined, param: string): JsonObject {
  if (text === undefined || text === null || text === '') return {}
  let value: unknown = text
  if (typeof text === 'string') {
    try {
      value = JSON.parse(text)
    } catch {
      throw invalid(param, 'must be a JSON object as text.')
    }
  }
  if (!isJsonObject(value)) throw invalid(param, 'must be a JSON object as text.')
  if (isNestedDeeper(value)) throw tooDeep(param)
  return value
}

function signatureIn(holder: JsonObject): string | null {
  const extra = ownMember(holder, 'extra_content')
  const google = isJsonObject(extra) ? extra['google'] : undefined
  const signature = isJsonObject(google) ? google['thought_signature'] : undefined
  return typeof signature === 'string' && signature !== '' ? signature : null
}

function recalled(context: ModelTurnContext, key: string): string | null {
  const value = context.recall(key)
  return typeof value === 'string' ? value : null
}

function signed(signature: string | null): Part {
  return signature === null ? {} : { thoughtSignature: signature }
}
