import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import { type Dialect, type TemplateContext, translate } from './dialects.ts'
import { Fields, type NoteBook } from './fields.ts'

/** What the chat formats of all systems share: messages, tools and parameters in OpenAI's shapes, or nearly so. */

export interface Reading {
  readonly dialect: Dialect
  readonly book: NoteBook
  /** Name of another prompt as a slug of ours. */
  readonly slugOf: (name: string) => string
}

/** A text as a template of ours. */
export function template(text: string, field: string, { dialect, book, slugOf }: Reading): string {
  const context: TemplateContext = { field, book, slugOf }
  return translate(text, dialect, context)
}

/** Every text inside, as a template of ours. Names of members stay. */
export function deepTemplate(value: JsonValue, field: string, reading: Reading): JsonValue {
  if (typeof value === 'string') return template(value, field, reading)
  if (Array.isArray(value))
    return (value as readonly JsonValue[]).map((item, index) => deepTemplate(item, `${field}[${index}]`, reading))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, deepTemplate(member, `${field}.${name}`, reading)]),
  )
}

const roles: Readonly<Record<string, string>> = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  model: 'assistant',
  tool: 'tool',
}

/** The role as we call it; undefined when there is no such role, which is said. */
export function roleOf(written: string | undefined, field: string, book: NoteBook): string | undefined {
  const lower = written?.toLowerCase() ?? ''
  if (Object.hasOwn(roles, lower)) return roles[lower]
  const what = written === undefined ? 'The message has no role' : `There is no role '${written}'`
  book.add(
    'dropped',
    field,
    `${what}, so the message is left out. Roles are system, developer, user, assistant and tool.`,
  )
  return undefined
}

/** A chat message in OpenAI's shape. null: it cannot be one, which is said. */
export function readMessage(message: Fields, reading: Reading): JsonObject | null {
  const role = roleOf(message.text('role'), message.place === '' ? 'role' : message.at('role'), reading.book)
  const content = readContent(message, reading)
  const name = message.line('name')
  const calls = message.list('tool_calls')
  const callId = message.line('tool_call_id')
  const refusal = message.text('refusal')
  message.rest()
  if (role === undefined) return null
  if (role === 'tool' && callId === undefined) {
    reading.book.add(
      'dropped',
      message.place,
      'A tool message without `tool_call_id` answers nothing, so it is left out.',
    )
    return null
  }
  const hasMore = role === 'assistant' && ((calls?.length ?? 0) > 0 || refusal !== undefined)
  if (content === undefined && !hasMore) {
    reading.book.add('dropped', message.place, 'The message has no content, so it is left out.')
    return null
  }
  return {
    role,
    ...(content === undefined ? {} : { content }),
    ...(name === undefined ? {} : { name: template(name, message.at('name'), reading) }),
    ...(calls === undefined || calls.length === 0
      ? {}
      : { tool_calls: deepTemplate(calls, message.at('tool_calls'), reading) }),
    ...(callId === undefined ? {} : { tool_call_id: callId }),
    ...(refusal === undefined ? {} : { refusal: template(refusal, message.at('refusal'), reading) }),
  }
}

/** Types of text parts in the formats that are nearly OpenAI's. */
const textParts = new Set(['text', 'input_text', 'output_text'])

function readContent(message: Fields, reading: Reading): JsonValue | undefined {
  const content = message.take('content')
  const field = message.at('content')
  if (typeof content === 'string') return template(content, field, reading)
  if (content === undefined) return undefined
  if (!Array.isArray(content)) {
    reading.book.add('dropped', field, 'It should be a text or a list of parts, and is neither.')
    return undefined
  }
  const parts = (content as readonly JsonValue[]).flatMap((part, index) => {
    const place = `${field}[${index}]`
    if (typeof part === 'string') return [{ type: 'text', text: template(part, place, reading) }]
    if (!isJsonObject(part)) {
      reading.book.add('dropped', place, 'It should be a part of a message, and is none.')
      return []
    }
    return readPart(new Fields(part, place, reading.book), part, reading)
  })
  const [only] = parts
  if (parts.length === 1 && only !== undefined && only['type'] === 'text') return only['text']
  return parts.length === 0 ? undefined : parts
}

function readPart(part: Fields, whole: JsonObject, reading: Reading): readonly JsonObject[] {
  const type = part.text('type') ?? 'text'
  if (!textParts.has(type)) return [deepTemplate({ ...whole, type }, part.place, reading) as JsonObject]
  const text = part.text('text')
  part.rest()
  return text === undefined ? [] : [{ type: 'text', text: template(text, part.at('text'), reading) }]
}

/** Names of parameters elsewhere, and in OpenAI's chat completions. */
const parameterNames: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  top_p: 'top_p',
  topP: 'top_p',
  top_k: 'top_k',
  topK: 'top_k',
  min_p: 'min_p',
  max_tokens: 'max_tokens',
  maxTokens: 'max_tokens',
  max_completion_tokens: 'max_completion_tokens',
  maxOutputTokens: 'max_completion_tokens',
  max_output_tokens: 'max_completion_tokens',
  stop: 'stop',
  stop_sequences: 'stop',
  stopSequences: 'stop',
  frequency_penalty: 'frequency_penalty',
  frequencyPenalty: 'frequency_penalty',
  presence_penalty: 'presence_penalty',
  presencePenalty: 'presence_penalty',
  repetition_penalty: 'repetition_penalty',
  seed: 'seed',
  n: 'n',
  logit_bias: 'logit_bias',
  logprobs: 'logprobs',
  top_logprobs: 'top_logprobs',
  tool_choice: 'tool_choice',
  parallel_tool_calls: 'parallel_tool_calls',
  reasoning_effort: 'reasoning_effort',
  verbosity: 'verbosity',
  modalities: 'modalities',
  audio: 'audio',
  prediction: 'prediction',
  service_tier: 'service_tier',
  store: 'store',
  user: 'user',
  web_search_options: 'web_search_options',
  thinking: 'thinking',
}

/** The parameters among the fields, by the names of chat completions. `stream` is for each request to say. */
export function readParameters(fields: Fields, reading: Reading): JsonObject {
  const found: Record<string, JsonValue> = {}
  for (const [name, ours] of Object.entries(parameterNames)) {
    const value = fields.take(name)
    if (value === undefined) continue
    if (Object.hasOwn(found, ours)) {
      reading.book.add('dropped', fields.at(name), `\`${ours}\` is set already, under another name.`)
      continue
    }
    if (name !== ours) reading.book.add('info', fields.at(name), `It is called \`${ours}\` here.`)
    found[ours] = deepTemplate(value, fields.at(name), reading)
  }
  fields.drop(['stream', 'stream_options'], 'Whether to stream is for each request to say.')
  return found
}

/** Tools in OpenAI's shape; those of the older `functions` and of the Responses API are brought into it. */
export function readTools(fields: Fields, name: string, reading: Reading): readonly JsonObject[] | undefined {
  const tools = fields.objects(name)?.flatMap((tool) => readTool(tool, reading))
  return tools === undefined || tools.length === 0 ? undefined : tools
}

function readTool(tool: Fields, reading: Reading): readonly JsonObject[] {
  const type = tool.text('type') ?? 'function'
  if (type !== 'function') {
    tool.close()
    reading.book.add(
      'dropped',
      tool.place,
      `A tool of type \`${type}\` is no function, and chat completions know only those.`,
    )
    return []
  }
  const nested = tool.plain('function')
  const whole = nested === undefined ? tool : new Fields(nested, tool.at('function'), reading.book)
  const called = whole.line('name')
  const description = whole.text('description')
  const parameters = whole.plain('parameters') ?? whole.plain('input_schema')
  const strict = whole.take('strict')
  whole.rest()
  if (whole !== tool) tool.rest()
  if (called === undefined) {
    reading.book.add('dropped', tool.place, 'The tool has no name, so it is left out.')
    return []
  }
  const details = {
    name: called,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(strict === undefined ? {} : { strict }),
  }
  return [{ type: 'function', function: deepTemplate(details, whole.place, reading) }]
}

/** `parameters` of a version: undefined when there are none. */
export function someParameters(parameters: JsonObject): JsonObject | undefined {
  return Object.keys(parameters).length === 0 ? undefined : parameters
}

/** A list of what there is. */
export function listed<Value>(value: Value | null | undefined): readonly Value[] {
  return value === null || value === undefined ? [] : [value]
}

/** JSON Schema of variables that are known by name only: each a text; those of `required` must be given. */
export function textVariables(
  names: readonly string[],
  examples: JsonObject = {},
  required: readonly string[] = names,
): JsonObject | undefined {
  if (names.length === 0) return undefined
  const properties = names.map((name) => {
    const example = Object.hasOwn(examples, name) ? examples[name] : undefined
    return [name, { type: 'string', ...(typeof example === 'string' ? { examples: [example] } : {}) }] as const
  })
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required: [...required] }),
  }
}
