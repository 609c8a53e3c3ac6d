import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/** What the mock models look at in a request; everything else is ignored, as any model does. */
export interface MockRequest {
  /** Texts of the last user message, joined. */
  readonly lastUserText: string
  /** The last message is a tool's result: its text, else null. */
  readonly toolResult: string | null
  readonly tools: readonly MockTool[]
  readonly toolChoice: JsonValue | undefined
  readonly parallelToolCalls: boolean
  /** Schema of `response_format`, when it has one. */
  readonly schema: JsonValue | undefined
  /** At most this many output tokens. */
  readonly maxTokens: number
  readonly stops: readonly string[]
  readonly choices: number
  readonly inputTokens: number
}

export interface MockTool {
  readonly name: string
  readonly parameters: JsonValue | undefined
}

const mostChoices = 128
/** One token: a word with the white space before it, long words in parts. */
const tokenPattern = /\s*\S{1,12}|\s+/g

/** Splits a text into the mock models' tokens; joined they are the text again. */
export function tokensOf(text: string): string[] {
  return text.match(tokenPattern) ?? []
}

/** Reads a request body; wrong types count as absent, since the pipeline has checked what must be there. */
export function readMockRequest(body: JsonObject): MockRequest {
  const messages = list(body['messages']).filter(isJsonObject)
  const last = messages.at(-1)
  const user = messages.findLast((message) => message['role'] === 'user')
  const format = isJsonObject(body['response_format']) ? body['response_format'] : {}
  const jsonSchema = isJsonObject(format['json_schema']) ? format['json_schema'] : {}
  const stop = body['stop']
  return {
    lastUserText: textOf(user?.['content']),
    toolResult: last?.['role'] === 'tool' ? textOf(last['content']) : null,
    tools: list(body['tools']).flatMap(toolOf),
    toolChoice: body['tool_choice'],
    parallelToolCalls: body['parallel_tool_calls'] === true,
    schema: jsonSchema['schema'],
    maxTokens: limit(body['max_completion_tokens']) ?? limit(body['max_tokens']) ?? Number.POSITIVE_INFINITY,
    stops: (typeof stop === 'string' ? [stop] : list(stop)).filter(
      (text): text is string => typeof text === 'string' && text !== '',
    ),
    choices: Math.min(limit(body['n']) ?? 1, mostChoices),
    inputTokens: messages.reduce((sum, message) => sum + tokensOf(textOf(message['content'])).length, 0),
  }
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('')
}

function toolOf(tool: JsonValue): MockTool[] {
  if (!isJsonObject(tool) || !isJsonObject(tool['function'])) return []
  const { name, parameters } = tool['function']
  return typeof name === 'string' ? [{ name, parameters }] : []
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : []
}

function limit(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && value >= 1 ? Math.floor(value) : null
}
