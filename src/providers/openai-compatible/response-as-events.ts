import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/**
 * The events that a response in one piece would have been streamed as, for an upstream that was asked to stream and did
 * not. Texts and arguments come in one delta each, because clients read them there; all other items come whole.
 *
 * @param response as the upstream gave it; a failed one ends with `response.failed`.
 */
export function responseAsEvents(response: JsonObject): readonly JsonObject[] {
  const events: JsonObject[] = []
  const emit = (type: string, members: JsonObject): void => {
    events.push({ type, sequence_number: events.length, ...members })
  }
  const begun = { ...response, status: 'in_progress', output: [], usage: null }
  emit('response.created', { response: begun })
  emit('response.in_progress', { response: begun })
  const output = response['output']
  const items: readonly JsonValue[] = Array.isArray(output) ? output : []
  for (const [index, item] of items.entries()) if (isJsonObject(item)) addItem(item, index, emit)
  const status = response['status']
  const last = status === 'incomplete' || status === 'failed' ? status : 'completed'
  emit(`response.${last}`, { response })
  return events
}

type Emit = (type: string, members: JsonObject) => void

function addItem(item: JsonObject, index: number, emit: Emit): void {
  const place = { item_id: item['id'] ?? '', output_index: index }
  const tell: Emit = (type, members) => {
    emit(type, { ...place, ...members })
  }
  const content = item['content']
  if (item['type'] === 'message' && Array.isArray(content)) {
    emit('response.output_item.added', { output_index: index, item: { ...item, status: 'in_progress', content: [] } })
    for (const [at, part] of (content as readonly JsonValue[]).entries())
      if (isJsonObject(part)) addPart(part, at, tell)
  } else if (item['type'] === 'function_call') {
    emit('response.output_item.added', { output_index: index, item: { ...item, status: 'in_progress', arguments: '' } })
    const args = item['arguments'] ?? ''
    tell('response.function_call_arguments.delta', { delta: args })
    tell('response.function_call_arguments.done', { name: item['name'] ?? '', arguments: args })
  } else {
    emit('response.output_item.added', { output_index: index, item })
  }
  emit('response.output_item.done', { output_index: index, item })
}

function addPart(part: JsonObject, index: number, tell: Emit): void {
  const place = { content_index: index }
  if (part['type'] === 'output_text') {
    const logprobs = part['logprobs'] ?? []
    tell('response.content_part.added', { ...place, part: { ...part, text: '' } })
    tell('response.output_text.delta', { ...place, delta: part['text'] ?? '', logprobs })
    tell('response.output_text.done', { ...place, text: part['text'] ?? '', logprobs })
  } else if (part['type'] === 'refusal') {
    tell('response.content_part.added', { ...place, part: { ...part, refusal: '' } })
    tell('response.refusal.delta', { ...place, delta: part['refusal'] ?? '' })
    tell('response.refusal.done', { ...place, refusal: part['refusal'] ?? '' })
  } else {
    tell('response.content_part.added', { ...place, part })
  }
  tell('response.content_part.done', { ...place, part })
}
