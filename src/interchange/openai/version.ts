import { type JsonObject, type JsonValue, isJsonObject } from '../../core/json.ts'
import {
  type Reading,
  deepTemplate,
  listed,
  readMessage,
  readParameters,
  readTools,
  someParameters,
  template,
  textVariables,
} from '../content.ts'
import { toBody } from '../draft.ts'
import { Fields } from '../fields.ts'
import type { ReadOptions } from '../format.ts'
import { toModel } from '../models.ts'

/** What the Responses API calls `instructions`, `input`, `text` and so on, as a version of ours. */
export function readVersionFields(
  fields: Fields,
  reading: Reading,
  options: ReadOptions,
): { readonly body: JsonObject | null; readonly variables: readonly string[] } {
  const { book } = reading
  const messages = [
    ...readInput(fields, 'instructions', 'system', reading),
    ...readInput(fields, 'messages', 'user', reading),
    ...readInput(fields, 'input', 'user', reading),
  ]
  const { names, examples } = variableNames(fields)
  const model = fields.line('model')
  const tools = readTools(fields, 'tools', reading)
  const reasoning = fields.object('reasoning')
  const effort = reasoning?.line('effort')
  reasoning?.rest('Chat completions have only the effort of reasoning.')
  const { format, verbosity } = readText(fields, reading)
  const choice = toolChoice(fields, reading)
  fields.drop(
    ['include', 'truncation', 'previous_response_id', 'conversation', 'background', 'max_tool_calls', 'metadata'],
    'It belongs to a request, not to a prompt.',
  )
  const parameters = {
    ...readParameters(fields, reading),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(verbosity === undefined ? {} : { verbosity }),
    ...(choice === undefined ? {} : { tool_choice: choice }),
  }
  if (messages.length === 0) {
    if (model !== undefined) book.add('dropped', fields.at('model'), 'There is no text beside it that it could answer.')
    for (const name of Object.keys(parameters)) book.add('dropped', fields.at(name), 'There is no text beside it.')
    return { body: null, variables: names }
  }
  const texts = JSON.stringify([messages, tools ?? null, format ?? null, parameters])
  const used = names.filter((name) => texts.includes(`{{${name}`))
  return {
    body: toBody({
      model: toModel({ name: model, field: fields.at('model') }, options.model, book),
      messages,
      variables: textVariables(names, examples, used),
      parameters: someParameters(parameters),
      tools,
      response_format: format,
    }),
    variables: names,
  }
}

/** A text, or a list of messages and other items. */
function readInput(fields: Fields, name: string, role: string, reading: Reading): readonly JsonObject[] {
  const value = fields.take(name)
  const field = fields.at(name)
  if (value === undefined) return []
  if (typeof value === 'string') return [{ role, content: template(value, field, reading) }]
  if (!Array.isArray(value)) {
    reading.book.add('dropped', field, 'It should be a text or a list of messages, and is neither.')
    return []
  }
  return (value as readonly JsonValue[]).flatMap((item, index) => {
    const place = `${field}[${index}]`
    if (isJsonObject(item)) return readItem(item, place, reading)
    reading.book.add('dropped', place, 'It should be a message, and is none.')
    return []
  })
}

function readItem(item: JsonObject, place: string, reading: Reading): readonly JsonObject[] {
  const fields = new Fields(chatParts(item), place, reading.book)
  const type = fields.text('type') ?? 'message'
  if (type === 'message') {
    fields.leave('id', 'status')
    return listed(readMessage(fields, reading))
  }
  const callId = fields.line('call_id')
  if (type === 'function_call' && callId !== undefined) {
    const name = fields.line('name') ?? ''
    const call = { id: callId, type: 'function', function: { name, arguments: fields.text('arguments') ?? '{}' } }
    fields.leave('id', 'status')
    fields.rest()
    return [{ role: 'assistant', tool_calls: deepTemplate([call], place, reading) }]
  }
  if (type === 'function_call_output' && callId !== undefined) {
    const output = fields.take('output') ?? ''
    fields.leave('id', 'status')
    fields.rest()
    const text = typeof output === 'string' ? output : JSON.stringify(output)
    return [{ role: 'tool', tool_call_id: callId, content: template(text, place, reading) }]
  }
  fields.close()
  reading.book.add('dropped', place, `An item of type \`${type}\` is no message of chat completions.`)
  return []
}

/** Images and files as the parts of chat completions. */
function chatParts(item: JsonObject): JsonObject {
  const content = item['content']
  if (!Array.isArray(content)) return item
  const parts = (content as readonly JsonValue[]).map((part) => {
    if (!isJsonObject(part)) return part
    const { type, detail, ...rest } = part
    if (type === 'input_image' && typeof part['image_url'] === 'string') {
      return { type: 'image_url', image_url: { url: part['image_url'], ...(detail === undefined ? {} : { detail }) } }
    }
    return type === 'input_file' ? { type: 'file', file: rest } : part
  })
  return { ...item, content: parts }
}

/** `variables`: names with values, or a list of names, or of objects with a name. */
export function variableNames(fields: Fields): { readonly names: readonly string[]; readonly examples: JsonObject } {
  const value = fields.take('variables')
  if (value === undefined) return { names: [], examples: {} }
  if (isJsonObject(value)) {
    if (Object.keys(value).length > 0)
      fields.book.add(
        'info',
        fields.at('variables'),
        'The names are declared as variables; texts among the values are their examples.',
      )
    for (const [name, example] of Object.entries(value))
      if (typeof example !== 'string')
        fields.book.add('dropped', `${fields.at('variables')}.${name}`, 'Its value is no text, and is left out.')
    return { names: Object.keys(value), examples: value }
  }
  const items = Array.isArray(value) ? (value as readonly JsonValue[]) : []
  if (!Array.isArray(value))
    fields.book.add('dropped', fields.at('variables'), 'It should be an object or a list, and is neither.')
  const names = items.flatMap((item, index) => {
    if (typeof item === 'string') return [item]
    const place = `${fields.at('variables')}[${index}]`
    if (!isJsonObject(item)) {
      fields.book.add('dropped', place, 'It should name a variable, and does not.')
      return []
    }
    const inside = new Fields(item, place, fields.book)
    const name = inside.line('name')
    inside.rest('Of a variable only the name is carried over.')
    return listed(name)
  })
  return { names, examples: {} }
}

function readText(fields: Fields, reading: Reading): { format: JsonObject | undefined; verbosity: string | undefined } {
  const given = fields.plain('response_format')
  const text = fields.object('text')
  const verbosity = text?.line('verbosity')
  const format = text?.plain('format')
  text?.rest()
  if (format === undefined || format['type'] === 'text') return { format: given, verbosity }
  const place = text?.at('format') ?? 'text.format'
  if (format['type'] !== 'json_schema') return { format: deepTemplate(format, place, reading) as JsonObject, verbosity }
  const { type, ...schema } = format
  const nested = { type, json_schema: schema } as JsonObject
  return { format: deepTemplate(nested, place, reading) as JsonObject, verbosity }
}

/** `{type: "function", name}` of the Responses API has its name one level deeper in chat completions. */
function toolChoice(fields: Fields, reading: Reading): JsonValue | undefined {
  const value = fields.take('tool_choice')
  if (!isJsonObject(value) || value['type'] !== 'function' || value['name'] === undefined)
    return value === undefined ? undefined : deepTemplate(value, fields.at('tool_choice'), reading)
  const { name, type, ...rest } = value
  for (const further of Object.keys(rest))
    fields.book.add('dropped', `${fields.at('tool_choice')}.${further}`, 'Chat completions have nothing like it.')
  return { type: type ?? 'function', function: { name } }
}
