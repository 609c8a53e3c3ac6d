import { assembleObject } from '../../core/json-members.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { DialectRequest } from '../dialect.ts'
import { messageId, stopReasonOf, usageToMessages } from './closing.ts'
import { textOf, thinkingBlocks } from './reasoning.ts'
import { refusesThinking } from './thinking.ts'

/** JSON text and the same parsed. */
export interface Written {
  readonly json: string
  readonly value: JsonObject
}

/** A whole `chat.completion` as a message; of several choices the first. */
export function completionToMessage(completion: JsonObject, usage: Usage | null, request: DialectRequest): Written {
  const choice = firstChoice(completion)
  const message = isJsonObject(choice['message']) ? choice['message'] : {}
  const calls = callsOf(message)
  const blocks = [
    ...(refusesThinking(request.body) ? [] : thinkingBlocks(message).map(written)),
    ...textsOf(message).map((text) => written({ type: 'text', text })),
    ...calls.map(toolUse),
  ]
  const refusal = textOf(message['refusal']) !== ''
  const head = {
    id: messageId(request.requestId),
    type: 'message',
    role: 'assistant',
    model: textOf(completion['model']) || request.model,
  }
  const tail = {
    stop_reason: stopReasonOf(choice['finish_reason'], calls.length > 0, refusal),
    stop_sequence: null,
    stop_details: null,
    usage: usageToMessages(usage),
  }
  const content = `[${blocks.map((block) => block.json).join(',')}]`
  return {
    // What a tool is called with is handed on as the model wrote it, so it is not serialised again.
    json: assembleObject([...textMembers(head), ['content', content], ...textMembers(tail)]),
    value: { ...head, content: blocks.map((block) => block.value), ...tail },
  }
}

function firstChoice(completion: JsonObject): JsonObject {
  const choices = completion['choices']
  const first = Array.isArray(choices) ? (choices as readonly JsonValue[])[0] : undefined
  return isJsonObject(first) ? first : {}
}

function callsOf(message: JsonObject): JsonObject[] {
  const calls = message['tool_calls']
  return Array.isArray(calls) ? (calls as readonly JsonValue[]).filter(isJsonObject) : []
}

function textsOf(message: JsonObject): string[] {
  return [textOf(message['content']), textOf(message['refusal'])].filter((text) => text !== '')
}

function toolUse(call: JsonObject): Written {
  const called = isJsonObject(call['function']) ? call['function'] : {}
  const input = readArguments(textOf(called['arguments']))
  const head = { type: 'tool_use', id: textOf(call['id']), name: textOf(called['name']) }
  return {
    json: assembleObject([...textMembers(head), ['input', input.json]]),
    value: { ...head, input: input.value },
  }
}

/**
 * Arguments are whatever text the model wrote; a tool's input is an object. A text that is none (cut off by the token limit,
 * say) is shown as it is in one member that no tool has, so that the call fails where the client checks it.
 */
function readArguments(text: string): Written {
  let value: unknown
  try {
    value = text.trim() === '' ? {} : JSON.parse(text)
  } catch {
    return written({ invalid_json: text })
  }
  if (value === null) return written({})
  if (!isJsonObject(value)) return written({ invalid_json: text })
  return { json: text.trim() === '' ? '{}' : text, value }
}

function written(value: JsonObject): Written {
  return { json: JSON.stringify(value), value }
}

function textMembers(object: JsonObject): [string, string][] {
  return Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)])
}
