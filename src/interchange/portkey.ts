import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import { type Reading, listed, readMessage, readParameters, readTools, someParameters, template } from './content.ts'
import { mustache } from './dialects.ts'
import { toBody } from './draft.ts'
import { type Fields, objectsOf } from './fields.ts'
import type { InterchangeFormat, ReadOptions } from './format.ts'
import type { FoundVersion } from './group-versions.ts'
import { type Imported, type InterchangeFile, allFiles } from './imported.ts'
import { toModel } from './models.ts'
import { readJsonExports } from './read-json-exports.ts'
import { aliasOf, named, stemOf, toSlug } from './slugs.ts'

/**
 * Portkey: what its admin API answers for a prompt, a version of one, or a partial. The template is in `string`, a text or the
 * JSON of a list of messages; Mustache. `{{>id}}` is a prompt of that id here.
 */
export const portkey: InterchangeFormat = { id: 'portkey', title: 'Portkey', reads: readPortkey, split: allFiles }

function readPortkey(files: readonly InterchangeFile[], options: ReadOptions): Imported {
  return readJsonExports(files, (fields, file) => readPrompt(fields, file, options))
}

function readPrompt(fields: Fields, file: InterchangeFile, options: ReadOptions): FoundVersion {
  const { book } = fields
  const reading: Reading = { dialect: mustache, book, slugOf: toSlug }
  const id = fields.line('id')
  const written = fields.line('slug')
  const name = fields.line('name')
  const { slug, aliases } = named(
    written ?? id ?? name ?? stemOf(file.path),
    written === undefined ? 'id' : 'slug',
    book,
  )
  const version = fields.number('prompt_version') ?? fields.number('version')
  const note = fields.line('prompt_version_description') ?? fields.line('version_description')
  const status = fields.line('prompt_version_status') ?? fields.line('status')
  const label = fields.line('prompt_version_label') ?? fields.line('label')
  const body = readBody(fields, note, reading, options)
  fields.drop(
    ['virtual_key', 'ai_model_id', 'finetune_id'],
    'Keys of providers are stored apart: PUT /admin/v1/providers/{provider}.',
  )
  fields.drop(
    ['prompt_version_label_id', 'template_metadata', 'hyperparameters_config'],
    'Promptbox has nothing like it.',
  )
  fields.leave(
    'object',
    'collection_id',
    'prompt_version_id',
    'version_id',
    'workspace_id',
    'organisation_id',
    'user_id',
  )
  fields.leave('created_at', 'last_updated_at', 'prompt_version_created_at', 'prompt_partial_version_id', 'is_pinned')
  fields.rest()
  const isServed = status === undefined || status === 'active'
  return {
    key: slug,
    slug,
    metadata: {
      name: name ?? slug,
      aliases: [...aliases, ...(id === undefined || id === slug ? [] : aliasOf(id, fields.at('id'), book))],
    },
    order: version ?? 0,
    number: version,
    body,
    labels: [...(isServed ? ['production'] : []), ...listed(label)],
    book,
  }
}

function readBody(fields: Fields, note: string | undefined, reading: Reading, options: ReadOptions): JsonObject {
  const messages = [...readString(fields, reading), ...readMessages(fields, reading)]
  const inner = fields.object('parameters')
  const name = fields.line('model')
  const innerName = inner?.line('model')
  const model = toModel({ name: name ?? innerName, field: fields.at('model') }, options.model, reading.book)
  const tools = readTools(fields, 'tools', reading) ?? readTools(fields, 'functions', reading)
  const own = readParameters(fields, reading)
  const { parameters, defaults } = readInner(inner, messages, reading)
  const innerTools = inner === undefined ? undefined : readTools(inner, 'tools', reading)
  const format = inner?.plain('response_format') ?? fields.plain('response_format')
  inner?.rest('It is neither a parameter of the model nor a variable of the text.')
  return toBody({
    model,
    messages,
    variables: defaults,
    parameters: someParameters({ ...parameters, ...own }),
    tools: tools ?? innerTools,
    response_format: format,
    change_note: note,
  })
}

/** `parameters` holds those of the model and, in some exports, values for the variables of the text. */
function readInner(
  inner: Fields | undefined,
  messages: readonly JsonObject[],
  reading: Reading,
): { parameters: JsonObject; defaults: JsonObject | undefined } {
  if (inner === undefined) return { parameters: {}, defaults: undefined }
  const used = new Set(
    [...JSON.stringify(messages).matchAll(/(?<!\\)\{\{([\p{L}\p{N}\p{M}_$-]+)[^{}]*\}\}/gu)].map(
      (match) => match[1] ?? '',
    ),
  )
  const known = readParameters(inner, reading)
  const defaults = [...used].filter((name) => inner.has(name))
  if (defaults.length === 0) return { parameters: known, defaults: undefined }
  const properties = [...used].map((name) => {
    const value = inner.take(name)
    return [name, value === undefined ? {} : { default: value }] as const
  })
  const required = [...used].filter((name) => !defaults.includes(name))
  return {
    parameters: known,
    defaults: {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length === 0 ? {} : { required }),
    },
  }
}

function readString(fields: Fields, reading: Reading): readonly JsonObject[] {
  const text = fields.text('string')
  const field = fields.at('string')
  if (text === undefined) return []
  const messages = messagesIn(text)
  if (messages === null) {
    reading.book.add('info', field, 'The text is one message of the user here.')
    return [{ role: 'user', content: template(text, field, reading) }]
  }
  return objectsOf(messages, field, reading.book).flatMap((message) => listed(readMessage(message, reading)))
}

/** The messages when the text is the JSON of a list of them, else null. */
function messagesIn(text: string): readonly JsonValue[] | null {
  if (!text.trimStart().startsWith('[')) return null
  try {
    const value = JSON.parse(text) as JsonValue
    return Array.isArray(value) && value.every((item) => isJsonObject(item)) ? value : null
  } catch {
    return null
  }
}

function readMessages(fields: Fields, reading: Reading): readonly JsonObject[] {
  return (fields.objects('messages') ?? []).flatMap((message) => listed(readMessage(message, reading)))
}
