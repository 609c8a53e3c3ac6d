import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { isNestedDeeper } from '../core/nesting.ts'

/** What one event of the Responses API or of Messages adds to the tally of its answer. */
export interface EventSays {
  readonly id?: string
  readonly model?: string
  readonly text?: string
  readonly reasoning?: string
  readonly finishReason?: string
  /** The answer as a whole, when the event repeats it. */
  readonly whole?: JsonObject
}

const nothing: EventSays = {}

/** Reads an event by its type; whatever has none, or one that adds nothing, says nothing. */
export function readEvent(value: JsonObject): EventSays {
  const type = ownMember(value, 'type')
  return typeof type === 'string' ? (readers[type]?.(value) ?? nothing) : nothing
}

const readers: Readonly<Record<string, ((value: JsonObject) => EventSays) | undefined>> = {
  'response.created': responseOf,
  'response.completed': finalResponse,
  'response.incomplete': finalResponse,
  'response.failed': finalResponse,
  'response.output_text.delta': (value) => textIn(value['delta']),
  'response.refusal.delta': (value) => textIn(value['delta']),
  'response.function_call_arguments.delta': (value) => textIn(value['delta']),
  'response.custom_tool_call_input.delta': (value) => textIn(value['delta']),
  'response.reasoning_text.delta': (value) => reasoningIn(value['delta']),
  'response.reasoning_summary_text.delta': (value) => reasoningIn(value['delta']),
  message_start: (value) => identityOf(value['message']),
  content_block_delta: (value) => blockDelta(value['delta']),
  message_delta: (value) => {
    const delta = value['delta']
    const reason = isJsonObject(delta) ? delta['stop_reason'] : null
    return typeof reason === 'string' ? { finishReason: reason } : nothing
  },
}

/** What a whole answer of a dialect says about how it ended: `status` of a response, `stop_reason` of a message. */
export function finishOf(value: JsonObject): string | null {
  const reason = value['stop_reason'] ?? value['status']
  return typeof reason === 'string' ? reason : null
}

/** What a whole answer of a dialect says: the blocks of a message, or the items of a response and the parts in them. */
export function wholeSays(value: JsonObject): readonly EventSays[] {
  return listIn(value, 'content', 'output').flatMap((block) =>
    [block, ...listIn(block, 'content', 'summary')].map(partSays),
  )
}

/** Objects in these lists of a value, whichever it has. */
function listIn(value: JsonObject, ...names: readonly string[]): readonly JsonObject[] {
  return names.flatMap((name) => {
    const list = ownMember(value, name)
    return Array.isArray(list) ? (list as readonly JsonValue[]).filter(isJsonObject) : []
  })
}

function partSays(part: JsonObject): EventSays {
  switch (part['type']) {
    case 'text':
    case 'output_text':
      return textIn(part['text'])
    case 'refusal':
      return textIn(part['refusal'])
    case 'tool_use':
      return isNestedDeeper(part['input']) ? nothing : textIn(JSON.stringify(part['input']))
    case 'function_call':
      return textIn(part['arguments'])
    case 'custom_tool_call':
      return textIn(part['input'])
    case 'thinking':
      return reasoningIn(part['thinking'])
    case 'summary_text':
    case 'reasoning_text':
      return reasoningIn(part['text'])
    default:
      return nothing
  }
}

function responseOf(value: JsonObject): EventSays {
  return identityOf(value['response'])
}

function finalResponse(value: JsonObject): EventSays {
  const response = value['response']
  if (!isJsonObject(response)) return nothing
  const finishReason = finishOf(response)
  return { ...identityOf(response), whole: response, ...(finishReason === null ? {} : { finishReason }) }
}

function identityOf(value: JsonValue | undefined): EventSays {
  if (!isJsonObject(value)) return nothing
  const { id, model } = value
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof model === 'string' ? { model } : {}),
  }
}

function blockDelta(delta: JsonValue | undefined): EventSays {
  if (!isJsonObject(delta)) return nothing
  switch (delta['type']) {
    case 'text_delta':
      return textIn(delta['text'])
    case 'input_json_delta':
      return textIn(delta['partial_json'])
    case 'thinking_delta':
      return reasoningIn(delta['thinking'])
    default:
      return nothing
  }
}

function textIn(text: JsonValue | undefined): EventSays {
  return typeof text === 'string' ? { text } : nothing
}

function reasoningIn(text: JsonValue | undefined): EventSays {
  return typeof text === 'string' ? { reasoning: text } : nothing
}
