import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts'

/**
 * A message of a chat as input items of OpenAI's Responses API: what an assistant said and each of its calls are items of
 * their own there.
 *
 * @param customCalls ids of the calls of custom tools that came before; grows.
 */
export function messageToItems(message: JsonObject, customCalls: Set<string>): readonly JsonObject[] {
  const role = message['role']
  if (role === 'assistant') return assistantItems(message, customCalls)
  if (role === 'tool') return [toolOutput(message, customCalls)]
  return [{ role: role ?? 'user', content: toItemContent(message['content'], 'input_text') }]
}

function assistantItems(message: JsonObject, customCalls: Set<string>): readonly JsonObject[] {
  const items: JsonObject[] = []
  const content = toItemContent(message['content'], 'output_text')
  const refusal = message['refusal']
  if (typeof refusal === 'string' && refusal !== '') {
    const said = typeof content === 'string' ? [{ type: 'output_text', text: content }] : content
    const parts = [...(Array.isArray(said) ? (said as readonly JsonValue[]) : []), { type: 'refusal', refusal }]
    items.push({ role: 'assistant', content: parts })
  } else if (content !== null && content !== '') {
    items.push({ role: 'assistant', content })
  }
  const calls = message['tool_calls']
  if (!Array.isArray(calls)) return items
  for (const call of calls as readonly JsonValue[]) if (isJsonObject(call)) items.push(callItem(call, customCalls))
  return items
}

function callItem(call: JsonObject, customCalls: Set<string>): JsonObject {
  const id = call['id'] ?? ''
  const custom = call['custom']
  if (isJsonObject(custom)) {
    if (typeof id === 'string') customCalls.add(id)
    return { type: 'custom_tool_call', call_id: id, name: custom['name'] ?? '', input: custom['input'] ?? '' }
  }
  const called = isJsonObject(call['function']) ? call['function'] : {}
  return { type: 'function_call', call_id: id, name: called['name'] ?? '', arguments: called['arguments'] ?? '' }
}

function toolOutput(message: JsonObject, customCalls: ReadonlySet<string>): JsonObject {
  const id = message['tool_call_id'] ?? ''
  const isCustom = typeof id === 'string' && customCalls.has(id)
  const output = toItemContent(message['content'], 'input_text') ?? ''
  return { type: isCustom ? 'custom_tool_call_output' : 'function_call_output', call_id: id, output }
}

/** A text stays a text. null: there is none. */
function toItemContent(content: JsonValue | undefined, textType: 'input_text' | 'output_text'): JsonValue {
  if (!Array.isArray(content)) return content ?? null
  return (content as readonly JsonValue[]).map((part) => (isJsonObject(part) ? toItemPart(part, textType) : part))
}

function toItemPart(part: JsonObject, textType: 'input_text' | 'output_text'): JsonObject {
  switch (part['type']) {
    case 'text':
      return { type: textType, text: part['text'] ?? '' }
    case 'image_url': {
      const image = isJsonObject(part['image_url']) ? part['image_url'] : { url: part['image_url'] ?? null }
      return { type: 'input_image', image_url: image['url'] ?? null, detail: image['detail'] ?? 'auto' }
    }
    case 'file': {
      const file = part['file']
      return isJsonObject(file) ? { type: 'input_file', ...file } : part
    }
    case undefined:
    default:
      // Refusals and sound are called the same; what came later is for the provider to judge.
      return part
  }
}
